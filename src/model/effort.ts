/**
 * Work that pure functions have done and nobody has paid for yet, in the units of the detector's budget (ten nanoseconds):
 * a look-up of a name never seen, a place that a search had to look at closely. They do not know for whom they work; whoever
 * asks its budget next takes it over.
 */
export const effort = { units: 0 };

/** What a page says of itself: structured data of a shop or a place (schema.org, as JSON-LD), which apps send along with the page. */

const SCHEMA =
  /"@type"\s{0,3}:\s{0,3}\[?\s{0,3}"(?:GeoCoordinates|ContactPoint|PostalAddress|Place|Organization|LocalBusiness|Store|Restaurant|Hotel|Corporation|Offer|Product|Event)"|"@context"\s{0,3}:\s{0,3}"https?:\/\/(?:www\.)?schema\.org/;

/** `text`: what stands around a value. In JSON inside a string the quotes are escaped. */
export const isPageData = (text: string): boolean => SCHEMA.test(text.replaceAll('\\"', '"'));

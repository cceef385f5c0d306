/** Kinds of keys that a certificate shown to a phone may have. */
export const LEAF_KEYS = ['p256', 'p384', 'rsa'] as const;
export type LeafKey = (typeof LEAF_KEYS)[number];

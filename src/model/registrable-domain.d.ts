/**
 * The public suffix list as hashes in one typed array; as a tree of objects (`tldts`) it takes 8 MB (docs/decisions/0007).
 * By path, because the package's CommonJS entry takes 1 MB more. Only what it answers as `tldts` does is named here: it
 * does not know which one-label suffixes are real top-level domains. Of all names of two characters two collide with a rule,
 * `6a` and `8u`, which cannot be top-level domains; two million names below real ones agree.
 */
declare module 'tldts-experimental/dist/index.esm.min.js' {
  export { getDomain } from 'tldts-experimental';
}

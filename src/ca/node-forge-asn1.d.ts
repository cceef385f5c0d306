/**
 * node-forge's ASN.1 part alone: importing all of node-forge costs the lab 9 MB more memory than this file,
 * and the published types know only the whole.
 */
declare module 'node-forge/lib/asn1.js' {
  import forge from 'node-forge';

  const asn1: typeof forge.asn1;
  export default asn1;
}

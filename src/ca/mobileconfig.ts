/**
 * The configuration profile that carries the root to an iPhone (Apple, "Configuration Profile Reference",
 * payload type com.apple.security.root). Installing it is not enough: the root must be switched on under
 * Settings > General > About > Certificate Trust Settings.
 * The same root always gives the same identifiers, so that installing twice replaces instead of adding.
 */
import { createHash } from 'node:crypto';
import { escapeHtml } from '../formats/html.ts';

export function profileXml(certificateDer: Buffer, commonName: string, fingerprint256: string): string {
  const id = `lab.phonehome.ca.${fingerprint256.replaceAll(':', '').slice(0, 16).toLowerCase()}`;
  const name = escapeHtml(commonName);
  const base64 = certificateDer.toString('base64').replace(/(.{1,64})/g, '        $1\n');
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>PayloadContent</key>
  <array>
    <dict>
      <key>PayloadCertificateFileName</key>
      <string>phonehome-ca.cer</string>
      <key>PayloadContent</key>
      <data>
${base64}      </data>
      <key>PayloadDescription</key>
      <string>Lets the test lab read this phone's encrypted traffic. Remove it after the test.</string>
      <key>PayloadDisplayName</key>
      <string>${name}</string>
      <key>PayloadIdentifier</key>
      <string>${id}.root</string>
      <key>PayloadType</key>
      <string>com.apple.security.root</string>
      <key>PayloadUUID</key>
      <string>${uuidOf(`${id}.root`)}</string>
      <key>PayloadVersion</key>
      <integer>1</integer>
    </dict>
  </array>
  <key>PayloadDescription</key>
  <string>Root certificate of a Phonehome test lab. For phones under test only. SHA-256 ${fingerprint256}</string>
  <key>PayloadDisplayName</key>
  <string>${name}</string>
  <key>PayloadIdentifier</key>
  <string>${id}</string>
  <key>PayloadOrganization</key>
  <string>Phonehome Lab</string>
  <key>PayloadRemovalDisallowed</key>
  <false/>
  <key>PayloadType</key>
  <string>Configuration</string>
  <key>PayloadUUID</key>
  <string>${uuidOf(id)}</string>
  <key>PayloadVersion</key>
  <integer>1</integer>
</dict>
</plist>
`;
}

/** A stable UUID made of a name; version 8, free form (RFC 9562 5.8). */
function uuidOf(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex').slice(0, 32).split('');
  hex[12] = '8';
  hex[16] = 'a';
  return hex
    .join('')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
    .toUpperCase();
}

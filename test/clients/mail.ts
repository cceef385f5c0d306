/** Python's smtplib, imaplib and poplib, and OpenSSL for XMPP: each starts in clear, asks for TLS, and says one text. */
import type { Answer, Lab } from './client.ts';
import { run } from './process.ts';
import type { Dialect } from './start-tls-server.ts';
import { toolPath } from './tools.ts';

const SCRIPT = `
import imaplib, json, poplib, random, smtplib, socket, ssl, sys
given = json.loads(sys.argv[1])
host, port, text = given["host"], given["port"], given["text"]
# IMAP tags begin with four letters by chance.
random.seed(1)

def dial(*_):
    if given["direct"]:
        return socket.create_connection(("127.0.0.1", given["direct"]), 30)
    proxy = socket.create_connection(tuple(given["proxy"]), 30)
    proxy.sendall(f"CONNECT {host}:{port} HTTP/1.1\\r\\nHost: {host}:{port}\\r\\n\\r\\n".encode())
    head = b""
    while not head.endswith(b"\\r\\n\\r\\n"):
        head += proxy.recv(1)
    assert b" 200 " in head, head
    return proxy

smtplib.SMTP._get_socket = dial
imaplib.IMAP4._create_socket = dial
poplib.POP3._create_socket = dial
tls = ssl.create_default_context(cafile=given["ca"])
if given["dialect"] == "smtp":
    with smtplib.SMTP(host, port, local_hostname="phone") as mail:
        mail.starttls(context=tls)
        mail.sendmail("a@example.com", ["b@example.com"], text)
elif given["dialect"] == "imap":
    mail = imaplib.IMAP4(host, port)
    mail.starttls(tls)
    mail.login("a", "b")
    mail.append("INBOX", None, None, text.encode())
    mail.logout()
else:
    mail = poplib.POP3(host, port)
    mail.stls(tls)
    mail.user(text)
    mail.quit()
`;

export interface Mail {
  dialect: Dialect;
  host: string;
  port: number;
  text: string;
  /** Straight to this port on loopback, as if there were no lab. */
  direct?: number;
}

export async function sendMail(lab: Lab, mail: Mail): Promise<Answer> {
  if (mail.dialect === 'xmpp') return sendXmpp(lab, mail);
  const given = { direct: null, ...mail, proxy: [lab.proxy.host, lab.proxy.port], ca: lab.caFile };
  const ran = await run(toolPath('python'), ['-c', SCRIPT, JSON.stringify(given)]);
  return {
    ok: ran.code === 0,
    status: ran.code,
    body: ran.stdout,
    stderr: ran.stderr.trimEnd().split('\n').at(-1) ?? '',
  };
}

async function sendXmpp(lab: Lab, { host, port, text, direct }: Mail): Promise<Answer> {
  const to = direct
    ? ['-connect', `127.0.0.1:${direct}`]
    : ['-proxy', `${lab.proxy.host}:${lab.proxy.port}`, '-connect', `${host}:${port}`];
  const trust = lab.caFile ? ['-CAfile', lab.caFile] : [];
  const ran = await run(
    toolPath('openssl'),
    [
      ...['s_client', ...to, '-starttls', 'xmpp', '-xmpphost', host, '-servername', host, ...trust],
      ...['-verify_return_error', '-verify_hostname', host, '-quiet', '-no_ign_eof'],
    ],
    { input: Buffer.from(text) },
  );
  return { ok: ran.code === 0, status: ran.code, body: ran.stdout, stderr: ran.stderr };
}

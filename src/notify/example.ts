/** What `phonehome notify example` prints: a notify.yaml to begin with. A test reads it as the lab does. */
export const EXAMPLE = `# Who is told of alerts outside the lab. Save it as DATA/notify.yaml; a running lab reads it anew by itself.
# Secrets stand in files of mode 0600 in DATA/secrets, named here: (umask 077; mkdir -p data/secrets; cat > data/secrets/hook.key)
# Nothing personal is sent: no identifier, no id or address of a phone. "personal: masked" sends the alert as the lab shows it.

receivers:
  newsroom:                     # your own program: JSON, signed as Standard Webhooks has it
    type: webhook
    url: https://hooks.example.org/phonehome
    signWith: hook.key          # whsec_... or at least 16 characters
  telegram:
    type: webhook
    template: telegram
    values: { chat: "-1001234567890" }
    secrets: { token: telegram.token }
  slack:
    type: webhook
    template: slack
    secrets: { url: slack.url } # the whole address is the secret
  matrix:
    type: webhook
    template: matrix
    values: { server: "https://matrix.example.org", room: "!room:example.org" }
    secrets: { token: matrix.token }
  zalo:                         # a bot of bot.zaloplatforms.com; "zalo-oa" with values.user: an Official Account
    type: webhook
    template: zalo
    language: vi
    values: { chat: "0123456789abcdef" }
    secrets: { token: zalo.token }
  other:                        # any other service: every text may hold places
    type: webhook
    url: https://notify.example.org/send?topic={{value.topic}}
    values: { topic: phonehome }
    headers: { X-Priority: "{{severity}}" }
    body: { title: "{{title}}", message: "{{text}}", who: "{{owner}}", country: "{{country}}" }
  mail:
    type: email
    server: smtp.example.org    # port 587 and STARTTLS unless said otherwise
    user: lab@example.org
    password: mail.password
    from: lab@example.org
    to: [desk@example.org]

rules:                          # every condition that is given must hold; an alert goes once to each receiver
  - name: serious
    when: { severity: high }    # this or worse
    send: [newsroom, mail]
  - name: china-before-consent
    when: { kind: [imei, imsi, phone_number], ownerCountry: CN, phase: before-consent }
    send: [telegram, zalo]

mutes:                          # held back and counted; the alerts themselves stay in the lab
  - name: vendor-knows
    when: { host: api.example.com, kind: advertising_id }
    as: accepted                # known and accepted; or: muted
    reason: the vendor said it goes with the March update
    until: 2027-03-31
`;

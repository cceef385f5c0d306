/** What a hub of many labs says when it cannot do what a command asked for, in both languages: parts of `EN` and `VI`. */
export const HUB_REFUSALS_EN = {
  'hub.no-lab': 'no lab {{lab}} of {{organisation}} has published anything: see phonehome hub status',
  'hub.no-reason': 'say why with --reason: it is kept with who accepted the key and when',
  'hub.no-such-key': '{{lab}} signed nothing with key {{key}}: "phonehome hub status" names the key it signs with',
  'hub.no-organisation': '"{{name}}" is no name of an organisation: small letters, digits and hyphens, at most 40',
  'hub.port': "port {{port}} cannot be had ({{error}}): choose another port in the hub's file",
  'hub.key-there': '{{file}} is there already: a key that is in use is not replaced. Choose another name',
  'hub.unwritten': '{{file}} cannot be written ({{error}}): check the path',
  'hub.unread': '{{file}} cannot be read ({{error}}): check the path',
  'hub.file': '{{file}}:{{line}}: {{problem}}',
  'hub.no-tables': 'the database holds no hub yet: phonehome hub migrate --hub-config FILE',
  'hub.database': "the database does not do it ({{error}}): check it, and database in the hub's file",
  'hub.old-tables': 'the database is of version {{version}}: phonehome hub migrate --hub-config FILE',
  'hub.newer-tables':
    'the database was made by a newer hub (version {{version}}, this one knows {{known}}): update Phonehome',
  'hub.no-broker': 'the broker {{url}} cannot be reached ({{error}})',
  'hub.no-feed-key': 'the key of the feed is no Ed25519 key: openssl genpkey -algorithm ed25519 -out feed.key',
  'hub.large-feed': 'the feed is larger than {{most, of(one: byte; other: bytes)}}: leave something out',
  'hub.empty-feed': '{{directory}} holds no table for labs: {{names}}',
} as const;
export const HUB_REFUSALS_VI: Record<keyof typeof HUB_REFUSALS_EN, string> = {
  'hub.no-lab': 'chưa có phòng thử {{lab}} nào của {{organisation}} gửi gì: xem phonehome hub status',
  'hub.no-reason': 'hãy nêu lý do bằng --reason: lý do được giữ cùng với ai đã chấp nhận khoá và lúc nào',
  'hub.no-such-key':
    '{{lab}} chưa ký gì bằng khoá {{key}}: "phonehome hub status" cho biết phòng này đang ký bằng khoá nào',
  'hub.no-organisation':
    '"{{name}}" không phải tên tổ chức hợp lệ: chỉ gồm chữ thường, chữ số và dấu gạch nối, nhiều nhất 40 ký tự',
  'hub.port': 'không mở được cổng {{port}} ({{error}}): hãy chọn cổng khác trong tệp của trung tâm',
  'hub.key-there': '{{file}} đã có: khoá đang dùng thì không bị thay. Hãy chọn tên khác',
  'hub.unwritten': 'không ghi được {{file}} ({{error}}): hãy kiểm tra đường dẫn',
  'hub.unread': 'không đọc được {{file}} ({{error}}): hãy kiểm tra đường dẫn',
  'hub.file': '{{file}}:{{line}}: {{problem}}',
  'hub.no-tables': 'cơ sở dữ liệu chưa có trung tâm nào: phonehome hub migrate --hub-config FILE',
  'hub.database':
    'cơ sở dữ liệu không thực hiện được ({{error}}): hãy kiểm tra nó và mục database trong tệp của trung tâm',
  'hub.old-tables': 'cơ sở dữ liệu thuộc phiên bản {{version}}: phonehome hub migrate --hub-config FILE',
  'hub.newer-tables':
    'cơ sở dữ liệu do một trung tâm mới hơn tạo (phiên bản {{version}}, bản này biết đến {{known}}): hãy cập nhật Phonehome',
  'hub.no-broker': 'không kết nối được máy chuyển tin {{url}} ({{error}})',
  'hub.no-feed-key': 'khoá ký các bảng không phải khoá Ed25519: openssl genpkey -algorithm ed25519 -out feed.key',
  'hub.large-feed': 'các bảng lớn hơn {{most}} byte: hãy bớt lại',
  'hub.empty-feed': '{{directory}} không có bảng nào cho các phòng thử: {{names}}',
};

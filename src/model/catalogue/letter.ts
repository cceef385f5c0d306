/** Every sentence of the drafted letter to a vendor, in both languages; part of the report's catalogues. */

export const LETTER_EN = {
  'letter.title': 'Draft of a letter to the vendor',
  'letter.hint': 'A draft. Fill in what stands in brackets; nothing is asserted in it beyond what was measured.',
  'letter.to': '[To: name and address of the vendor]',
  'letter.from': '[From: {{tester}}, address]',
  'letter.from-nobody': '[From: name, address]',
  'letter.subject': 'Subject: identifiers sent by {{model}} to {{receivers}}',
  'letter.some-phone': 'a phone of yours [model]',
  'letter.greeting': 'Dear Sir or Madam,',
  'letter.tested':
    'we tested {{model}}{{firmware}} on a network of our own, from {{from}} to {{until}} (UTC), and read what it sent as the receiver would.',
  'letter.firmware': ' (version of the system: {{firmware}})',
  'letter.found': 'In this test we measured that the phone sent:',
  'letter.item': '{{kind}} ({{masked}}) to {{host}}, {{receiver}}, {{how}}: {{often}}.',
  'letter.clear': 'without encryption, so that anyone on the way could read it',
  'letter.encrypted': 'encrypted on the way',
  'letter.server': 'address {{ip}}, which databases place in {{country}}',
  'letter.owner': 'whose name belongs to {{owner}} as far as we know',
  'letter.maybe': 'The following looks like an identifier; we are not certain of it:',
  'letter.more': 'and {{count}} more, in the report.',
  'letter.before': '“Before consent” is the time until we agreed to anything that the phone asked.',
  'letter.limits': 'What we could not see:',
  'letter.ask': 'We ask you to tell us:',
  'letter.ask-purpose': 'whether this is intended, and for what purpose each of these is sent;',
  'letter.ask-receiver': 'who receives it and on whose behalf, where it is stored, for how long, and who has access;',
  'letter.ask-basis': 'on what legal basis it was sent before consent was given;',
  'letter.ask-clear': 'why it was sent without encryption;',
  'letter.ask-models': 'which models, versions and countries are concerned;',
  'letter.ask-fix':
    'whether a version exists or is planned in which it is not sent, and what owners can do until then.',
  'letter.not-claimed':
    'We do not say that other phones do the same, why it is sent, who reads it, or where it is stored: none of that can be measured from the phone. Country and company are what registries and databases tell of an address and a name.',
  'letter.record':
    'The record of the test (case {{case}}) holds each measurement with its time; values in this letter are masked. We can give you the report and the evidence to check.',
  'letter.answer': 'We would be glad of your answer before [date]. If we publish, we will publish it too.',
  'letter.closing': 'Yours faithfully,',
  'letter.name': '[Name, organisation]',
} as const;

export const LETTER_VI: Record<keyof typeof LETTER_EN, string> = {
  'letter.title': 'Bản nháp thư gửi hãng',
  'letter.hint': 'Bản nháp. Hãy điền những gì trong ngoặc vuông; thư không khẳng định gì ngoài những gì đã đo được.',
  'letter.to': '[Kính gửi: tên và địa chỉ của hãng]',
  'letter.from': '[Người gửi: {{tester}}, địa chỉ]',
  'letter.from-nobody': '[Người gửi: tên, địa chỉ]',
  'letter.subject': 'Về việc: các định danh mà {{model}} gửi đến {{receivers}}',
  'letter.some-phone': 'một điện thoại của quý hãng [kiểu máy]',
  'letter.greeting': 'Kính thưa quý vị,',
  'letter.tested':
    'chúng tôi đã thử {{model}}{{firmware}} trên mạng của chính chúng tôi, từ {{from}} đến {{until}} (UTC), và đọc những gì máy gửi như bên nhận đọc.',
  'letter.firmware': ' (phiên bản hệ thống: {{firmware}})',
  'letter.found': 'Trong đợt thử này, chúng tôi đo được rằng điện thoại đã gửi:',
  'letter.item': '{{kind}} ({{masked}}) đến {{host}}, {{receiver}}, {{how}}: {{often}}.',
  'letter.clear': 'không mã hoá, nên bất kỳ ai trên đường truyền cũng đọc được',
  'letter.encrypted': 'được mã hoá trên đường truyền',
  'letter.server': 'địa chỉ {{ip}}, mà các cơ sở dữ liệu đặt tại {{country}}',
  'letter.owner': 'tên miền thuộc về {{owner}} theo những gì chúng tôi biết',
  'letter.maybe': 'Những dữ liệu sau trông giống một định danh; chúng tôi không chắc chắn:',
  'letter.more': 'và {{count}} mục nữa, trong báo cáo.',
  'letter.before': '“Trước khi đồng ý” là khoảng thời gian cho đến lúc chúng tôi đồng ý với điều đầu tiên mà máy hỏi.',
  'letter.limits': 'Những gì chúng tôi không nhìn thấy được:',
  'letter.ask': 'Chúng tôi đề nghị quý vị cho biết:',
  'letter.ask-purpose': 'việc này có chủ ý không, và mỗi dữ liệu trên được gửi nhằm mục đích gì;',
  'letter.ask-receiver':
    'ai nhận dữ liệu và thay mặt cho ai, dữ liệu được lưu ở đâu, trong bao lâu, và ai có quyền truy cập;',
  'letter.ask-basis': 'dữ liệu được gửi trước khi có sự đồng ý trên cơ sở pháp lý nào;',
  'letter.ask-clear': 'vì sao dữ liệu được gửi mà không mã hoá;',
  'letter.ask-models': 'những kiểu máy, phiên bản và quốc gia nào có liên quan;',
  'letter.ask-fix':
    'đã có hoặc dự kiến có phiên bản nào không gửi dữ liệu này nữa không, và chủ máy có thể làm gì cho đến lúc đó.',
  'letter.not-claimed':
    'Chúng tôi không nói rằng các điện thoại khác cũng như vậy, vì sao dữ liệu được gửi, ai đọc nó, hay nó được lưu ở đâu: không điều nào trong số đó đo được từ điện thoại. Quốc gia và công ty là những gì các cơ quan đăng ký và cơ sở dữ liệu cho biết về một địa chỉ và một tên miền.',
  'letter.record':
    'Hồ sơ của đợt thử ({{case}}) ghi từng phép đo cùng thời điểm; các giá trị trong thư này đã được che bớt. Chúng tôi có thể gửi quý vị báo cáo và bằng chứng để kiểm tra.',
  'letter.answer':
    'Chúng tôi mong nhận được câu trả lời trước ngày [ngày]. Nếu công bố, chúng tôi sẽ công bố cả câu trả lời đó.',
  'letter.closing': 'Trân trọng,',
  'letter.name': '[Tên, tổ chức]',
};

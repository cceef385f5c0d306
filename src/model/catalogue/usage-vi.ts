/** The terminal's own words: wrong usage, and what a command cannot do, in Vietnamese. */
import type { USAGE_EN } from './usage-en.ts';

export const USAGE_VI: Record<keyof typeof USAGE_EN, string> = {
  'error.lab-runs':
    'đã có phòng thử chạy trên {{data}} (tiến trình {{pid}}, {{url}}): hãy dừng nó, hoặc chọn thư mục --data khác',
  'passphrase.again': 'Nhập lại lần nữa: ',
  'passphrase.differ': 'hai lần nhập không giống nhau: chưa thay đổi gì',
  'passphrase.unread': 'không đọc được {{file}} ({{code}}): hãy kiểm tra đường dẫn',
  'passphrase.empty': '{{file}} trống: hãy ghi mật khẩu vào đó',
  'live.token': 'phòng thử ở {{url}} không nhận mã truy cập: hãy đặt PHONEHOME_TOKEN bằng nội dung của DATA/token',
  'geo.nothing-there': '{{path}} không tồn tại: cần một tệp .mmdb, .mmdb.gz hoặc .tar.gz, hoặc một thư mục chứa chúng',
  'geo.empty-folder': '{{path}} không có tệp .mmdb, .mmdb.gz hay .tar.gz nào: hãy nêu thư mục có chúng',
  'report.where': 'hãy nói ghi vào đâu bằng --out FILE.pdf hoặc --out FILE.html',
  'letter.where': 'hãy nói ghi vào đâu bằng --out FILE.pdf, --out FILE.html hoặc FILE.txt',
  'letter.masked': 'thư sẽ gửi ra ngoài: các giá trị trong đó luôn được che, hãy bỏ --reveal',
  'replay.unsaid': 'phòng thử ở {{url}} không cho biết {{name}} ra sao: có phải cùng phiên bản không?',
  'plan.which': 'hãy nói điện thoại nào bằng --device (xem phonehome device list)',
  'plan.unknown-phone': 'chưa đăng ký điện thoại "{{device}}": hiện có {{names}}',
  'plan.no-phones': 'chưa đăng ký điện thoại "{{device}}": xem phonehome device add',
  'plan.nobody':
    'không ai báo được là bước đã xong vì đầu vào đã kết thúc: hãy chạy lại lệnh này trong cửa sổ dòng lệnh',
  'config.no-lines': '{{path}}: cần các dòng dạng "tên: giá trị", ví dụ "proxy-port: 8080"',
  'config.wrong': '{{at}}: {{flag}}: {{need}}',
  'config.flag': 'cần true hoặc false',
  'config.value': 'cần văn bản hoặc số',
  'config.near': '{{at}}: khoá lạ "{{key}}": ý bạn là "{{near}}"?',
  'config.unknown': '{{at}}: khoá lạ "{{key}}": xem các tên trong phonehome start --help',
  'compare.two-sides': 'một tuyên bố nói về hai bên: compare A B --claim …',
};

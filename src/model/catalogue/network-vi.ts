/** What is wrong on the phones' network, in Vietnamese: parts of `VI`. */
export const NETWORK_VI: Record<string, string> = {
  'net.said': '{{said}}',
  'net.check': '{{name}}: {{found}}: {{advice}}',
  'net.foreign':
    'một điện thoại dùng địa chỉ không thuộc mạng của phòng thử nên không được phục vụ: hãy để máy tự nhận địa chỉ (DHCP)',
  'net.clock-forward':
    'đồng hồ máy này nhảy tới {{span}}: không thể sắp thứ tự các cảnh báo trước và sau đó theo giờ, hãy bắt đầu đợt thử mới',
  'net.clock-back':
    'đồng hồ máy này lùi lại {{span}}: không thể sắp thứ tự các cảnh báo trước và sau đó theo giờ, hãy bắt đầu đợt thử mới',
  'net.seconds_other': '{{count}} giây',
  'net.minutes_other': '{{count}} phút',
  'net.hours_other': '{{count}} giờ',
  'net.days_other': '{{count}} ngày',
  'net.no-resolver':
    'không máy phân giải tên nào trả lời: điện thoại không tìm được máy chủ cho đến khi đường truyền hoặc máy phân giải trở lại',
  'net.not-recorded': 'không ghi lại được gì: {{why}}',
  'net.no-keys': 'không ghi được khoá TLS ({{code}}): bản ghi sẽ không mở được',
  'net.datagrams-broken': 'không tìm trong gói tin UDP: {{problem}}',
  'net.datagrams': 'không tìm trong gói tin UDP trên {{name}}: {{why}}',
  'net.flows-late': 'luồng ngoài TCP được thấy muộn hoặc không thấy: {{why}}',
  'net.flows': 'không liệt kê được luồng ngoài TCP: {{why}}',
  'net.uncounted': 'nhân hệ điều hành không đếm byte: sysctl -w net.netfilter.nf_conntrack_acct=1',
  'net.many-flows': 'có nhiều luồng cùng lúc hơn mức phòng thử theo dõi: một số không có trong danh sách',
  'net.table-full':
    'bảng kết nối của nhân hệ điều hành gần đầy, kết nối mới sẽ mất: hãy tăng net.netfilter.nf_conntrack_max',
  'net.refused': 'không đếm được các lần thử bị từ chối (QUIC, DNS mã hoá): {{why}}',
  'net.refused-full':
    'có nhiều đích bị từ chối hơn mức nhân hệ điều hành lưu (4.096): đích mới vẫn bị từ chối nhưng không được liệt kê',
  'net.redirected': 'kết nối chuyển hướng bị từ chối: {{problem}}',
  'net.redirected-again': 'kết nối chuyển hướng được nhận trở lại',
  'net.tool-root':
    '{{name}} cần quyền root: khởi động phòng thử với CAP_NET_ADMIN và CAP_NET_RAW, hoặc cho phép nó trong sudoers',
  'net.tool-missing': 'chưa cài {{name}}: apt-get install {{package}}',
  'net.tool-ended': '{{name}} đã dừng{{code}}{{said}}',
  'net.tool-gave': '{{name}} không trả về JSON',
};

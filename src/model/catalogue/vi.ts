/** Every sentence the lab says of phones, in Vietnamese. It has no forms of number: where English has two, one stands here. */

import { ENDINGS_VI } from './endings.ts';
import { FAULTS_VI } from './faults-vi.ts';
import { FILES_VI } from './files.ts';
import { GATEWAY_VI } from './gateway.ts';
import { GATEWAY_STEPS_VI } from './gateway-steps.ts';
import { HUB_REFUSALS_VI } from './hub-refusals.ts';
import { INPUT_VI } from './input.ts';
import { INTACT_VI } from './intact.ts';
import { KINDS_VI } from './kinds-vi.ts';
import { NETWORK_VI } from './network-vi.ts';
import { REASONS_VI } from './reasons-vi.ts';
import { REFUSALS_VI } from './refusals.ts';
import { SPELLINGS_VI } from './spellings-vi.ts';
import { UNHEARD_VI } from './unheard.ts';
import { UNREAD_VI } from './unread.ts';
import { UNSEEN_VI } from './unseen.ts';

const nouns = Object.fromEntries(Object.entries(KINDS_VI).map(([kind, noun]) => [`kind.${kind}`, noun]));

export const VI: Record<string, string> = {
  leak: '{{what}} {{way}}{{spelling}}{{when}}{{protection}}.',
  'leak.opaque':
    '{{phone}} đã gửi dữ liệu không ai đọc được đến {{receiver}}{{when}}{{protection}}. Không rõ nội dung là gì.',
  'leak.certain': '{{kind, capital}} của {{phone}}',
  'leak.likely': 'Rất có thể {{kind}} của {{phone}}',
  'leak.possible': 'Có thể {{kind}} của {{phone}}',
  'leak.further': 'Thêm dữ liệu cùng loại ({{kind}})',
  'leak.sent': 'đã gửi đến {{receiver}}',
  'leak.returned': 'được {{receiver}} gửi trả lại',
  'leak.as-hash': ' dưới dạng băm ({{hash}})',
  'leak.packed': ' được đóng gói bằng {{layers}}',
  'leak.layer-in': '{{inner}} trong {{outer}}',
  'leak.before-consent': ' trước khi có sự đồng ý',
  'leak.in-phase': ' (giai đoạn: {{phase}})',
  'leak.in-dns': ', nằm trong tên DNS mà ai trên đường truyền cũng đọc được',
  'leak.in-sni': ', nằm trong tên máy chủ mà ai trên đường truyền cũng đọc được',
  'leak.encrypted': ', mã hoá trên đường truyền',
  'leak.clear': ', không mã hoá: ai trên đường truyền cũng đọc được',
  'leak.without-tls': ', không dùng TLS',

  ...nouns,
  ...REASONS_VI,
  ...SPELLINGS_VI,
  ...NETWORK_VI,
  ...UNHEARD_VI,
  ...UNREAD_VI,
  ...UNSEEN_VI,
  ...ENDINGS_VI,
  ...FAULTS_VI,
  ...INPUT_VI,
  ...INTACT_VI,
  ...FILES_VI,
  ...GATEWAY_VI,
  ...GATEWAY_STEPS_VI,
  ...HUB_REFUSALS_VI,
  ...REFUSALS_VI,

  'scan.stopped': 'Việc quét đã bị dừng trước khi xong: đây là những gì tìm thấy cho đến lúc đó.',
  'scan.left': 'Những gì đã rời khỏi điện thoại: {{kinds}}.',
  'scan.receivers_other': 'Đã gửi đến {{count}} bên nhận: {{names}}{{more}}.',
  'scan.receiver': '{{name}}',
  'scan.more': '; và {{more}} bên nữa',
  'scan.clear': 'Một phần không được mã hoá: ai trên đường truyền cũng đọc được.',
  'scan.maybe': 'Không có gì chắc chắn; có dữ liệu trông giống: {{kinds}}.',
  'scan.nothing': 'Trong phần đọc được không thấy gì cho biết điện thoại hay chủ của nó là ai.',
  'scan.nothing-read': 'Như đã nói ở trên, không đọc được gì: không biết điện thoại đã gửi gì.',
  'scan.contacts_other': 'Với {{count}} máy chủ, bản ghi chỉ cho biết đã được gọi, không cho biết đã được gửi gì.',
  'scan.unread': 'Như đã nói ở trên, không đọc được tất cả: có thể còn nữa.',
  'scan.all-read': 'Đã đọc được toàn bộ bản ghi.',

  'receiver.in': '{{name}} (máy chủ ở {{server, country}})',
  'receiver.probably': 'có lẽ {{receiver}}',
  'receiver.of': '{{name}} ({{home, country}})',
  'receiver.of-in': '{{name}} ({{home, country}}; máy chủ ở {{server, country}})',

  'app.unknown': 'Một ứng dụng',
  'app.probably': 'Một ứng dụng (có lẽ {{name}})',

  'and-more_other': '{{sentence}} Dữ liệu này còn được gửi đến {{count}} bên nhận nữa, liệt kê trong cảnh báo này.',

  'trust.not-yet':
    '{{phone}} chưa tin cậy phòng thử: không đọc được dữ liệu mã hoá nào. Mở http://phonehome.lab/ trên máy và cài chứng chỉ.',
  'trust.now': '{{phone}} đã tin cậy phòng thử: đọc được dữ liệu mã hoá nó gửi, trừ ứng dụng chỉ nhận chứng chỉ riêng.',
  pinned:
    '{{app}} trên {{phone}} chỉ nhận chứng chỉ riêng cho {{receiver}} ({{proof}}): dữ liệu đến đó được cho qua mà không đọc; thỉnh thoảng phòng thử sẽ thử lại.',
  'passing.own-root':
    '{{app}} trên {{phone}} biết một chứng chỉ của {{receiver}} mà phòng thử không kiểm chứng được, và không nhận chứng chỉ khác ({{proof}}): dữ liệu đến đó được cho qua mà không đọc; thỉnh thoảng phòng thử sẽ thử lại.',
  'passing.no-certificate':
    '{{phone}} không có chứng chỉ của phòng thử ({{proof}}): dữ liệu mã hoá được cho qua mà không đọc cho đến khi máy có chứng chỉ.',
  'passing.client-certificate':
    '{{receiver}} đòi ứng dụng một chứng chỉ mà phòng thử không có: những gì {{phone}} gửi đến đó được cho qua mà không đọc. Nếu bạn có chứng chỉ này, hãy khởi động phòng thử với --client-cert.',
  'passing.phone-tls':
    '{{app}} trên {{phone}} và phòng thử không thống nhất được TLS cho {{receiver}} ({{proof}}): dữ liệu đến đó được cho qua mà không đọc.',
  'passing.server-tls':
    '{{receiver}} và phòng thử không thống nhất được TLS ({{proof}}): những gì {{phone}} gửi đến đó được cho qua mà không đọc.',

  'pass.operator': 'người vận hành cho tên này qua',
  'pass.pinned': 'ứng dụng chỉ nhận chứng chỉ riêng ({{proof}})',
  'pass.no-certificate': 'điện thoại không có chứng chỉ của phòng thử ({{proof}})',
  'pass.own-root': 'ứng dụng biết một chứng chỉ của máy chủ này mà phòng thử không kiểm chứng được ({{proof}})',
  'pass.client-certificate': 'máy chủ đòi ứng dụng một chứng chỉ mà phòng thử không có',
  'pass.phone-tls': 'ứng dụng và phòng thử không thống nhất được TLS ({{proof}})',
  'pass.server-tls': 'máy chủ và phòng thử không thống nhất được TLS ({{proof}})',
  'pass.silent':
    'kết nối trước đó bị đóng trong im lặng: kết nối này được cho qua để xem ứng dụng có gửi dữ liệu khi đó không',
  'pass.once': 'kết nối trước đó thất bại ({{proof}}): kết nối này được cho qua',
  why: '{{phone}} gọi {{host}} lần gần nhất lúc {{at, time}} (số kết nối đã xem: {{count}}). {{reason}}',
  'why.nobody': 'bất kỳ điện thoại nào',
  'why.never':
    'Chưa thấy kết nối nào của {{phone}} đến {{host}} trong phòng thử. Có thể ứng dụng chưa gọi, hoặc đi đường khác: hãy kiểm tra Wi-Fi của điện thoại dùng phòng thử làm proxy (phonehome doctor) và tắt dữ liệu di động.',
  'why.read_other': 'Đã đọc được: {{count}} yêu cầu. Không cần làm gì.',
  'why.bytes': 'Đã đọc được, bằng ngôn ngữ phòng thử không biết: các byte được tìm kiếm nguyên trạng.',
  'why.nothing-said':
    'Kết nối được mở rồi đóng mà không có dữ liệu. Ứng dụng thường giữ sẵn kết nối như vậy; hãy dùng ứng dụng rồi xem lại.',
  'why.open': 'Kết nối vẫn đang mở.',
  'why.operator':
    'Đã cho qua mà không đọc vì bạn yêu cầu. Để đọc lại: phonehome pins set {{host}} auto --device {{phone}}',
  'why.pinned':
    'Đã cho qua mà không đọc: ứng dụng chỉ nhận chứng chỉ riêng ({{proof}}) và sẽ không chạy nếu khác. Thỉnh thoảng phòng thử thử lại. Chỉ xem được dữ liệu này với bản ứng dụng không ghim chứng chỉ.',
  'why.no-certificate':
    'Đã cho qua mà không đọc: điện thoại không có chứng chỉ của phòng thử ({{proof}}). Mở http://phonehome.lab/ trên điện thoại và cài đặt; ứng dụng cho Android 7 trở lên còn phải cho phép chứng chỉ do người dùng cài.',
  'why.own-root':
    'Đã cho qua mà không đọc: ứng dụng biết một chứng chỉ của máy chủ này mà phòng thử không kiểm chứng được ({{proof}}). Nếu bạn có tổ chức đã ký nó, hãy khởi động phòng thử với --upstream-ca FILE; ứng dụng chỉ nhận tổ chức đó thì không đọc được.',
  'why.client-certificate':
    'Máy chủ đòi ứng dụng một chứng chỉ mà phòng thử không có, nên các kết nối sau được cho qua mà không đọc. Nếu bạn có chứng chỉ và khoá, hãy khởi động phòng thử với --client-cert {{host}}=FILE.',
  'why.phone-tls':
    'Ứng dụng và phòng thử không tìm được cách mã hoá chung ({{proof}}). Kết nối tiếp theo được cho qua để ứng dụng chạy được. Với điện thoại rất cũ, có thể thử phonehome ca rotate --rsa.',
  'why.server-tls':
    'Máy chủ và phòng thử không tìm được cách mã hoá chung ({{proof}}). Kết nối tiếp theo được cho qua; nếu hai lần liền nó có dữ liệu thì các lần sau cũng vậy. Không cần làm gì trên điện thoại.',
  'why.silent':
    'Đã cho qua một lần mà không đọc: ứng dụng đóng kết nối trước trong im lặng, và phòng thử xem nó có gửi dữ liệu khi được để yên không. Nếu hai lần liền như vậy, coi như ứng dụng chỉ nhận chứng chỉ riêng.',
  'why.left-in-silence':
    'Ứng dụng đóng kết nối trong im lặng sau khi thấy chứng chỉ. Có thể đó là kết nối dự phòng; kết nối tiếp theo được cho qua và sẽ cho biết ứng dụng có chỉ nhận chứng chỉ riêng không.',
  'why.passed': 'Đã cho qua mà không đọc: {{why}}.',
  'why.refused': 'Phòng thử từ chối: {{why}}.',
  'why.refused-untrusted':
    'Phòng thử không kiểm chứng được chứng chỉ của máy chủ ({{problem}}), nên cho ứng dụng thấy một chứng chỉ không đáng tin, và ứng dụng từ chối. Nếu ứng dụng biết chứng chỉ đó, sau ba lần nó được cho qua; nếu bạn có tổ chức đã ký, hãy khởi động phòng thử với --upstream-ca FILE.',
  'why.refused-certificate':
    'Ứng dụng từ chối chứng chỉ của phòng thử dù điện thoại đã có: nó chỉ nhận chứng chỉ riêng, hoặc không nhận chứng chỉ do người dùng cài. Sau ba lần, kết nối của nó được cho qua để ứng dụng chạy được.',
  'why.no-trust':
    'Điện thoại từ chối chứng chỉ của phòng thử và chưa từng tin cậy nó: rất có thể chưa cài. Mở http://phonehome.lab/ trên điện thoại và cài đặt. Sau ba lần, kết nối được cho qua mà không đọc.',
  'why.upstream-refused':
    'Máy chủ từ chối kết nối: nó không phục vụ cổng này, hoặc không phục vụ từ đây. Không có phòng thử cũng vậy.',
  'why.upstream-unresolvable': 'Tên này không có địa chỉ. Hãy kiểm tra tên và kết nối Internet của phòng thử.',
  'why.upstream-timeout': 'Máy chủ không trả lời kịp. Hãy kiểm tra kết nối Internet của phòng thử rồi thử lại.',
  'why.phone-left': 'Điện thoại ngắt kết nối: mạng kém, hoặc ứng dụng đổi ý. Điều này không nói gì về chứng chỉ.',
  'why.server-left': 'Máy chủ ngắt kết nối.',
  'why.idle': 'Lâu không có dữ liệu nên phòng thử đóng kết nối.',
  'why.lab-ended': 'Kết nối kết thúc vì phòng thử dừng.',
  'proof.alert': 'cảnh báo TLS {{how}}, {{times}} lần',
  'proof.hinted':
    'cảnh báo TLS {{how}}, {{times}} lần, ở nơi bảng của {{organisation}}, phiên bản {{version}}, ghi rằng ứng dụng chỉ nhận chứng chỉ riêng',
  'proof.untrusted': 'nó từ chối bản không đáng tin của phòng thử {{times}} lần, lần cuối với {{how}}',
  'proof.silent': 'im lặng khi bị chặn bắt, có dữ liệu khi được cho qua, {{times}} lần liền',
  'proof.failed': '{{how}} khi bị chặn bắt, có dữ liệu khi được cho qua, {{times}} lần liền',
  'proof.earlier': '{{said}}',
  'proof.asked': 'nó đã đòi một chứng chỉ',
  'proof.no-leaf': 'trong các bộ mã, nhóm và chữ ký của nó không có cái nào hợp với chứng chỉ của phòng thử',

  'weak-tls.accepted':
    '{{app}} trên {{phone}} chấp nhận chứng chỉ không hợp lệ ({{problem}}) cho {{host}}: ai trên đường truyền đưa ra chứng chỉ như vậy cũng đọc được những gì nó gửi đến đó.',
  'weak-tls.server':
    'Phòng thử không kiểm chứng được chứng chỉ của {{host}} ({{problem}}), nên cho {{phone}} thấy một chứng chỉ không đáng tin, và máy từ chối. Ứng dụng biết chứng chỉ này sẽ được cho qua sau ba lần.',
  'trust-test.accepted':
    '{{app}} trên {{phone}} chấp nhận {{shown}} cho {{host}}: ai trên đường truyền đưa ra chứng chỉ như vậy cũng đọc được những gì nó gửi đến đó.',
  'trust-test.refused': 'Đạt phép thử tin cậy: ứng dụng trên {{phone}} từ chối {{shown}} cho {{host}} ({{how}}).',
  'trust-test.no-reason': 'không nêu lý do',
  'trust-test.self-signed': 'một chứng chỉ ai cũng tự làm được',
  'trust-test.wrong-name': 'một chứng chỉ của tên khác',
  'trust-test.expired': 'một chứng chỉ đã hết hạn',

  tried: '{{phone}} đã thử kết nối đến {{receiver}}, nhưng {{failure}}.',
  'tried.upstream-refused': 'bị từ chối kết nối',
  'tried.upstream-unresolvable': 'nơi này không có địa chỉ (không phân giải được tên)',
  'tried.upstream-timeout': 'nơi này không trả lời kịp',
  'tried.upstream-tls-failed': 'nơi này không thống nhất được TLS với phòng thử',
  'tried.quic':
    '{{phone}} đã thử kết nối đến {{receiver}} bằng QUIC, bị phòng thử từ chối: ứng dụng sẽ dùng cách đọc được.',
  'tried.dot':
    '{{phone}} đã thử kết nối đến {{receiver}} để tra tên kín (DNS qua TLS), bị phòng thử từ chối: tên vẫn thấy được.',
  'tried.doq':
    '{{phone}} đã thử kết nối đến {{receiver}} để tra tên kín (DNS qua QUIC), bị phòng thử từ chối: tên vẫn thấy được.',
  refused: 'Một kết nối từ {{ip}} bị từ chối: {{why}}',
  'refused.not-allowed': 'phòng thử không cho phép',
  'past-the-lab.unknown': 'một giao thức không rõ',
  'past-the-lab':
    '{{phone}} đã gửi {{bytes}} byte đến {{receiver}} mà không qua phòng thử ({{protocol}}): không ai xem được nội dung.',
  'contact.nothing-sent': '{{phone}} đã kết nối đến {{receiver}} và không gửi gì đọc được.',
  'contact.unread': '{{phone}} đã gửi {{bytes}} byte đến {{receiver}}; không đọc được phần nào.',
  'hidden-look-ups':
    '{{phone}} tra tên qua HTTPS tại {{operator}}: những lần tra này không có trong danh sách tên của phòng thử.',
  'looked-up-elsewhere':
    '{{phone}} tra được {{ip}} là địa chỉ của tên {{elsewhere}}, rồi yêu cầu {{host}} từ đó: một máy chủ dùng chung, hoặc bình phong cho máy khác.',

  'door.crowded':
    'Điện thoại tại {{ip}} mở nhiều kết nối hơn mức dành cho nó (tối đa {{most}} cùng lúc, ít hơn khi hết chỗ): phần vượt bị đóng. Các điện thoại khác vẫn được phục vụ như trước.',
  'login.address-wins':
    '{{ip}} là địa chỉ của {{phone}}, nhưng nó đăng nhập proxy bằng {{login}}, tên của {{other}}: dữ liệu nó gửi được tính cho {{phone}}. Nếu tên đăng nhập đúng, hãy gán cho điện thoại đó: phonehome device add {{other}} --login {{login}}.',

  coverage: '{{trust}}{{head}}{{failed}}{{recovered}}{{refused}}{{open}}{{gaps}}',
  'coverage.distrust':
    'Điện thoại này chưa tin cậy phòng thử: không đọc được dữ liệu mã hoá nào. Mở http://phonehome.lab/ trên máy và cài chứng chỉ. ',
  'coverage.nothing-yet': 'Điện thoại này chưa gửi gì qua phòng thử.',
  'coverage.nothing-through': 'Điện thoại này chưa gửi được gì; nó đã thử kết nối đến {{names}}.',
  'coverage.all': 'Đọc được tất cả những gì điện thoại này gửi qua phòng thử.',
  'coverage.all-that-came': 'Đọc được tất cả những gì đã qua phòng thử.',
  'coverage.part': 'Đọc được {{percent}} % những gì điện thoại này gửi qua phòng thử; phần còn lại đi đến: {{names}}.',
  'coverage.little': 'Đọc được chưa đến 1 % những gì điện thoại này gửi qua phòng thử; phần còn lại đi đến: {{names}}.',
  'coverage.none': 'Không đọc được gì trong những gì điện thoại này gửi qua phòng thử; chúng đi đến: {{names}}.',
  'coverage.failed_other': ' {{count}} ứng dụng không kết nối được qua phòng thử: {{names}}.',
  'coverage.recovered_other': ' {{count}} kết nối thất bại do phòng thử trước khi các kết nối sau qua được.',
  'coverage.refused_other': ' Phòng thử từ chối {{count}} kết nối: {{names}}.',
  'coverage.open_other': ' {{count}} kết nối không ai đọc vẫn đang mở: {{names}}.',
  'coverage.lab-down': ' Phòng thử không chạy từ {{from, time}} đến {{to, time}}: không rõ đã gửi gì lúc đó.',
  'coverage.lab-down-often':
    ' Phòng thử đã {{times}} lần không chạy, lần cuối từ {{from, time}} đến {{to, time}}: không rõ đã gửi gì lúc đó.',
  'coverage.unwatched': ' Không ai xem những gì được gửi từ {{from, time}} đến {{to, time}}.',
  'coverage.unwatched-still': ' Không ai xem những gì được gửi từ {{from, time}} đến nay.',
  'coverage.not-counted': ' Không đếm được từ {{from, time}} đến {{to, time}}: {{subject}} ({{detail}}).',
  'coverage.not-counted-still': ' Không đếm được từ {{from, time}} đến nay: {{subject}} ({{detail}}).',
  'gap.look-ups': 'các lượt tra tên',
  'gap.refused-attempts': 'các lần thử bị từ chối',
  'gap.datagrams': 'các gói UDP',
  'gap.inventory': 'danh mục kết nối',
  'gap.flows-as-they-come': 'các kết nối ngay khi xuất hiện',
  'gap.counters': 'các bộ đếm',
  'gap.many-flows': 'nhiều kết nối cùng lúc',
  'coverage.named': '{{name}} ({{details}})',
  'coverage.two-details': '{{first}}, {{second}}',
  'coverage.more': '{{more}} nơi nữa',
  'class.read': 'đọc được',
  'class.unreadable': 'bằng ngôn ngữ phòng thử không biết',
  'class.opaque': 'khoá bên trong',
  'class.partially-scanned': 'quá lớn hoặc quá sâu để tìm hết',
  'class.pinned': 'ứng dụng không cho ai xem',
  'class.passed': 'cho qua mà không đọc',
  'class.refused': 'phòng thử từ chối',
  'class.failed': 'kết nối thất bại',
  'class.lab-failed': 'không kết nối được qua phòng thử',
  'class.unwatched': 'không ai xem',
  'class.udp': 'gói tin UDP, tìm kiếm nguyên trạng',
  'class.quic': 'QUIC, phòng thử từ chối',
  'class.bypassing': 'đi vòng qua phòng thử, không đọc',

  beacon:
    '{{phone}} liên lạc với {{host}} mỗi {{period}}, sai lệch {{jitter}} %: đến nay {{contacts}} lần; xác suất do ngẫu nhiên chưa đến 1/{{times}}.',
  'span.seconds_other': '{{count}} giây',
  'span.minutes_other': '{{count}} phút',
  'span.hours_other': '{{count}} giờ',
  'phone.two-of-address':
    'hai điện thoại thay nhau dùng {{ip}} ({{one}}, {{other}}): dữ liệu được tính cho một trong hai; một máy đặt địa chỉ cố định hoặc giả làm máy kia, hãy để cả hai tự nhận địa chỉ (DHCP)',
  'phone.without-name': 'một điện thoại chưa có tên',
  'lan.missed_other':
    'Khi không có phòng thử nào chạy, {{phone}} đã gửi {{count}} gói tin ({{bytes}} byte) mà không ai xem: {{places}}.',
  'lan.posing':
    'một máy khác trong mạng điện thoại tự nhận là gateway ({{ip}}): dữ liệu điện thoại gửi có thể không qua phòng thử; hãy gỡ nó khỏi mạng hoặc đổi địa chỉ của nó',
  'phone.unnamed':
    'Một điện thoại chưa có tên vào mạng của phòng thử{{what}}: đặt tên bằng "phonehome device name {{ip}} NAME".',
  'lab.deaf-to-marker':
    'Phòng thử không tìm thấy giá trị tự kiểm tra: những gì điện thoại gửi có thể bị bỏ sót. Hãy khởi động lại; nếu còn báo, đừng coi việc không có cảnh báo là không có rò rỉ.',
  'lab.restarted_other':
    'Phần đọc dữ liệu của phòng thử đã dừng ({{reason}}) và được khởi động lại: điện thoại vẫn hoạt động, {{count}} kết nối không được xem trong lúc đó.',
  'lab.was-deaf': 'Phòng thử không theo kịp: những gì {{flows}} kết nối gửi lúc đó được cho qua mà không xem.',
  'geo.old':
    '{{name}} đã cũ {{days}} ngày: máy chủ chuyển chỗ từ đó bị ghi sai vị trí; dữ liệu nào bị gửi đi và gửi cho công ty nào thì không phụ thuộc vào đó. Nhận tệp mới hơn: phonehome geo update FILE',
  'geo.stale':
    '{{name}} đã cũ {{days}} ngày: không nên kết luận chỉ dựa vào tên nước hay mạng trong đó; dữ liệu nào bị gửi đi và gửi cho công ty nào thì không phụ thuộc vào đó. Nhận tệp mới hơn: phonehome geo update FILE',
  'lab.store-damaged':
    'Kho bằng chứng bị hỏng: đọc và giữ lại được {{alerts}} cảnh báo và {{flows}} kết nối. Tệp hỏng là {{file}}; hãy kiểm tra đĩa.',
  'lab.disk-full':
    'Đĩa đã đầy: từ giờ những gì hiển thị được giữ trong vùng dự trữ nhỏ, chưa vào kho. Hãy giải phóng dung lượng; không cần làm gì khác.',
  'lab.not-stored': 'Không lưu được cảnh báo ({{reason}}): hãy kiểm tra thư mục dữ liệu và đĩa.',
  'lab.stored-again': 'Cảnh báo lại được lưu, kể cả những cảnh báo đang chờ.',
  'lab.content-damaged':
    'Tệp nội dung được giữ bị hỏng: nó được để riêng với tên {{file}}, và một tệp mới đã được tạo. Cảnh báo và kết nối không bị ảnh hưởng.',
  'lab.content-trouble': 'Không giữ được nội dung kết nối: {{reason}}. Cảnh báo và kết nối vẫn được giữ.',
  'lab.content-again': 'Nội dung kết nối lại được giữ.',
  'hub.failing':
    'Không kết nối được với trung tâm {{url}}: {{problem}}. Những gì tìm thấy chờ trong kho và sẽ được gửi sau.',
  'hub.works-again': 'Lại kết nối được với trung tâm {{url}}; những gì đang chờ được gửi tiếp.',
  'feed.taken': 'Các bảng của trung tâm có hiệu lực: phiên bản {{version}}.',
  'feed.refused':
    'Các bảng của trung tâm không được nhận: {{problem}}. Bảng phiên bản {{version}} vẫn có hiệu lực (0: bảng của chính phòng thử).',
  'notify.failing_other':
    'Không gửi được cảnh báo đến {{receiver}} ({{detail}}): {{count}} cảnh báo đang chờ và được thử lại trong ba ngày.',
  'notify.works-again': 'Lại gửi được cảnh báo đến {{receiver}}; {{count}} cảnh báo đang chờ được gửi tiếp.',
  'notify.given-up_other':
    '{{receiver}} không nhận {{count}} cảnh báo ({{detail}}) nên phòng thử thôi gửi. Chúng vẫn được giữ: phonehome notify retry {{receiver}}.',
  'notify.bad-file': 'Thiết lập gửi cảnh báo mới không có hiệu lực, thiết lập trước vẫn còn: {{problem}}',
  'lab.works-again': '{{subject}}: hoạt động trở lại',
  'forget.address':
    'Những gì ghi dưới địa chỉ {{address}} khi máy chưa đăng ký vẫn còn đó: phonehome forget {{address}}.',
  'forget.unknown':
    'chưa xoá gì: không có điện thoại "{{device}}" nào được đăng ký, và chưa có gì được ghi dưới tên hay địa chỉ đó (phonehome device list)',
  'forget.ignored': 'Máy vẫn được bỏ qua: những gì dùng để nhận ra nó vẫn nằm trong danh sách điện thoại.',
  'forget.notify': '{{file}} nêu tên điện thoại này trong một quy tắc hoặc một mục tắt tiếng: hãy tự xoá ở đó.',
  'forget.devices-file': '{{file}} có tên điện thoại này: phòng thử không ghi vào tệp đó, hãy tự xoá.',
  'forget.recordings':
    'Bản ghi toàn mạng trong {{directory}} chứa những gì điện thoại này gửi: hãy chạy lại lệnh forget với --recordings, hoặc xoá bản ghi.',
  'forget.recordings-running':
    'Bản ghi toàn mạng trong {{directory}} đang tiếp tục và chứa những gì điện thoại này gửi: hãy dừng phòng thử rồi chạy lại lệnh forget với --recordings.',
  'forget.damaged': 'Các kho hỏng được giữ riêng có thể còn dòng về điện thoại này: hãy xoá {{files}}.',
  'forget.not-rewritten':
    'Những phần không dùng của cơ sở dữ liệu có thể còn dòng về điện thoại này (đã che) cho đến khi được ghi lại: hãy dừng phòng thử rồi chạy lại lệnh forget.',
  'forget.audit': 'Nhật ký kiểm tra ghi ai đã xem gì của máy và rằng máy đã bị xoá: chỉ ghi tên, không ghi giá trị.',
  'forget.elsewhere': 'Bản sao lưu, bản xuất và báo cáo làm trước đó thì phòng thử không huỷ được.',
  joined: '{{before}}{{part}}',
};

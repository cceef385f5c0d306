/** The pages a phone opens, in Vietnamese. */
import type { SetupKey } from './setup-en.ts';

export const SETUP_VI: Record<SetupKey, string> = {
  tagline: 'điện thoại nói gì, với ai',
  language: 'Ngôn ngữ',
  footer: 'Trang này do chính phòng thử gửi đến, không tải gì từ nơi khác.',

  'setup.title': 'Thiết lập điện thoại này',
  'setup.for': 'Dành cho: {{phone}}',
  'setup.version-hidden':
    'Trình duyệt này không cho biết phiên bản Android. Xem tại Cài đặt › Giới thiệu về điện thoại; hướng dẫn cho bản cũ hơn ở phía dưới.',
  'phone.android': 'điện thoại Android',
  'phone.android-version': 'Android phiên bản {{version}}',
  'phone.ios': 'iPhone hoặc iPad',
  'phone.ios-version': 'iPhone hoặc iPad dùng iOS {{version}}',
  'phone.other': 'phòng thử không nhận ra đây là điện thoại nào: hãy chọn ở dưới',

  'notice.title': 'Gửi chủ nhân điện thoại này',
  'notice.what':
    'Mạng này thuộc một phòng thử. Khi điện thoại được thiết lập như dưới đây, phòng thử đọc được những gì ứng dụng và hệ thống gửi đi, kể cả phần lớn dữ liệu mã hoá: địa chỉ, tin nhắn, mật khẩu.',
  'notice.kept':
    'Phòng thử lưu điện thoại đã liên lạc với ai và đã gửi định danh nào. Giá trị được che khi hiển thị và mã hoá trên đĩa; không gửi gì cho ai.',
  'notice.yes':
    'Chỉ thiết lập điện thoại của chính bạn hoặc khi chủ máy đã đồng ý. Trong lúc thử, đừng giao dịch ngân hàng hay trò chuyện trên máy.',
  'notice.end': 'Việc này kết thúc khi bạn hoàn tác các bước; cách làm ở cuối trang.',

  'steps.title': 'Điện thoại này đang ở bước nào',
  'steps.reaches': 'Điện thoại kết nối được với phòng thử',
  'steps.passes': 'Dữ liệu của máy đi qua phòng thử',
  'steps.passes.todo': 'Chưa: làm bước 1',
  'steps.downloaded': 'Đã tải chứng chỉ',
  'steps.downloaded.todo': 'Chưa: làm bước 2',
  'steps.trusted': 'Trình duyệt này tin cậy chứng chỉ',
  'steps.trusted.todo': 'Chưa: cài đặt như bước 2',
  'steps.trusted.todo-ios': 'Chưa: cài đặt rồi bật công tắc thứ hai ở bước 2',
  'steps.caught': 'Phòng thử tìm thấy giá trị thử trong dữ liệu máy gửi',
  'steps.caught.todo': 'Chưa: làm bước 3',
  'steps.next': 'Xong rồi? Xem bước tiếp theo',
  'steps.again': 'Kiểm tra lại',
  'steps.done': 'xong',
  'steps.open': 'chưa xong',
  'steps.live': 'Tự kiểm tra vài giây một lần.',

  'step.joined': 'Điện thoại này đang ở trong mạng của phòng thử',
  'step.joined.text':
    'Mọi dữ liệu đều đi qua phòng thử, không cần cài gì. Để proxy của mạng này là “Không có”, tắt DNS riêng tư, VPN và dữ liệu di động.',
  'step.proxy': 'Dùng proxy của phòng thử',
  'step.proxy.already': 'Điện thoại này đã dùng proxy của phòng thử.',
  'step.proxy.android.path': 'Cài đặt › Wi-Fi › mạng này › bút chì hoặc “Sửa đổi” › Nâng cao › Proxy: Thủ công',
  'step.proxy.ios.path': 'Cài đặt › Wi-Fi › (i) cạnh mạng này › Định cấu hình proxy › Thủ công',
  'step.proxy.host': 'Máy chủ',
  'step.proxy.port': 'Cổng',
  'step.proxy.pac': 'hoặc địa chỉ PAC, cho “Tự động”',
  'step.proxy.then': 'Sau đó tiếp tục tại {{url}} và tắt dữ liệu di động vì nó không đi qua phòng thử.',
  'step.certificate': 'Tin cậy chứng chỉ của phòng thử',
  'step.certificate.shown':
    'Điện thoại hiển thị tên “{{name}}”. Dấu vân tay (SHA-256) để so với điều điện thoại hiển thị:',
  'step.check': 'Xem nó hoạt động',
  'step.check.text': 'Trang thử gửi các giá trị bịa ra ở nhiều dạng mã hoá và cho thấy phòng thử tìm được dạng nào.',
  'step.check.open': 'Mở trang thử',
  'download.ios': 'Tải hồ sơ (iPhone, iPad)',
  'download.android': 'Tải chứng chỉ (Android)',
  'download.pem': 'PEM (máy tính)',
  'other-systems': 'Hướng dẫn cho điện thoại khác',

  'sees.title': 'Phòng thử sẽ thấy gì và không thấy gì',
  'sees.clear': 'Dữ liệu không mã hoá: thấy tất cả.',
  'sees.whom': 'Điện thoại liên lạc với ai, bao nhiêu lần, bao nhiêu dữ liệu: luôn thấy, kể cả khi không đọc được.',
  'sees.android-7':
    'Từ Android 7, ứng dụng chỉ chấp nhận chứng chỉ do người dùng cài nếu nhà phát triển cho phép. Trình duyệt cho phép, phần lớn ứng dụng khác thì không: dữ liệu của chúng không đọc được, và phòng thử ghi rõ theo từng ứng dụng.',
  'sees.android-6': 'Đến Android 6, hầu như mọi ứng dụng đều tin cậy chứng chỉ.',
  'sees.ios': 'Phần lớn ứng dụng tin cậy chứng chỉ khi công tắc thứ hai đã bật.',
  'sees.pinned':
    'Ứng dụng chỉ nhận chứng chỉ riêng (ngân hàng, nhắn tin, một số dịch vụ của hãng) thì không đọc được trên mọi điện thoại.',
  'sees.system.title': 'Với điện thoại của chính phòng thử: kho chứng chỉ hệ thống',
  'sees.system.why':
    'Khi có quyền root, có thể đặt chứng chỉ vào nơi chứa chứng chỉ của hệ thống. Khi đó các ứng dụng cũng tin cậy, trừ ứng dụng chỉ nhận chứng chỉ riêng. Đừng làm với máy của người khác: mở khoá sẽ xoá máy và làm yếu lớp bảo vệ.',
  'sees.system.adb':
    'Bằng adb, trên máy ảo không có Google Play hoặc bản dành cho nhà phát triển, đến Android 13 (tên tệp là chuỗi openssl in ra):',
  'sees.system.apex':
    'Android 14 trở lên đọc /apex/com.android.conscrypt/cacerts thuộc một mô-đun: hãy gắn đè một bản sao có chứng chỉ, cả trong không gian tên của zygote, hoặc dùng mô-đun Magisk làm việc đó.',

  'undo.title': 'Cách hoàn tác tất cả',
  'undo.network': 'Rời mạng này hoặc cho điện thoại quên mạng.',
  'undo.proxy.android': 'Cài đặt › Wi-Fi › mạng này › bút chì hoặc “Sửa đổi” › Proxy: Không có.',
  'undo.proxy.ios': 'Cài đặt › Wi-Fi › (i) cạnh mạng này › Định cấu hình proxy › Tắt.',
  'undo.mobile': 'Bật lại dữ liệu di động, DNS riêng tư và VPN như trước.',
  'undo.kept': 'Quản trị viên phòng thử xoá những gì đã ghi về điện thoại khi được yêu cầu: phonehome forget PHONE.',
  'undo.until': 'Cho đến lúc đó, phòng thử vẫn đọc được dữ liệu mỗi khi điện thoại ở trong mạng của phòng thử.',

  'another.title': 'Điện thoại khác?',
  'another.qr': 'Mã QR của trang này',
  'another.text': 'Quét khi đang ở trong mạng này, hoặc gõ:',

  'guide.android-14.title': 'Android 14 trở lên',
  'guide.android-14.path':
    'Cài đặt › Bảo mật và quyền riêng tư › Chế độ bảo mật và quyền riêng tư khác › Mã hoá và thông tin xác thực › Cài đặt chứng chỉ › Chứng chỉ CA',
  'guide.android-14.step.1':
    'Chạm “Tải chứng chỉ” ở trên. Điện thoại báo không thể cài từ đây: điều đó là bình thường.',
  'guide.android-14.step.2': 'Mở Cài đặt và tìm “Chứng chỉ CA”. Vị trí thường gặp: như hình.',
  'guide.android-14.step.3':
    'Chạm “Vẫn cài đặt”, xác nhận bằng mã PIN hoặc vân tay, chọn phonehome-ca.cer trong mục Tải xuống.',
  'guide.android-14.undo':
    'Cài đặt › Bảo mật và quyền riêng tư › Chế độ bảo mật và quyền riêng tư khác › Mã hoá và thông tin xác thực › Thông tin xác thực của người dùng: chạm “{{name}}”, rồi “Xoá” hoặc “Gỡ cài đặt”. Nếu không thấy: tìm “Thông tin xác thực đáng tin cậy” trong phần cài đặt.',
  'guide.android-11.title': 'Android 11 đến 13',
  'guide.android-11.path': 'Cài đặt › Bảo mật › Mã hoá và thông tin xác thực › Cài đặt chứng chỉ › Chứng chỉ CA',
  'guide.android-11.step.1':
    'Chạm “Tải chứng chỉ” ở trên. Điện thoại báo không thể cài từ đây: điều đó là bình thường.',
  'guide.android-11.step.2': 'Mở Cài đặt và tìm “Chứng chỉ CA”. Vị trí thường gặp: như hình.',
  'guide.android-11.step.3':
    'Chạm “Vẫn cài đặt”, xác nhận bằng mã PIN hoặc vân tay, chọn phonehome-ca.cer trong mục Tải xuống.',
  'guide.android-11.undo':
    'Cài đặt › Bảo mật › Mã hoá và thông tin xác thực › Thông tin xác thực đáng tin cậy › Người dùng: chạm “{{name}}”, rồi “Xoá” hoặc “Gỡ cài đặt”.',
  'guide.android-7.title': 'Android 7 đến 10',
  'guide.android-7.path': 'Cài đặt › Bảo mật › Mã hoá và thông tin xác thực › Cài đặt từ bộ nhớ › phonehome-ca.cer',
  'guide.android-7.step.1': 'Chạm “Tải chứng chỉ” ở trên và mở tệp vừa tải.',
  'guide.android-7.step.2': 'Nếu không có gì mở ra: làm như hình.',
  'guide.android-7.step.3':
    'Đặt tên tuỳ ý và chọn “VPN và ứng dụng” khi được hỏi mục đích. Điện thoại có thể yêu cầu đặt khoá màn hình trước.',
  'guide.android-7.undo':
    'Cài đặt › Bảo mật › Mã hoá và thông tin xác thực › Thông tin xác thực đáng tin cậy › Người dùng: chạm “{{name}}”, cuộn xuống, “Xoá”. Sau đó có thể bỏ khoá màn hình đã đặt.',
  'guide.android-4.title': 'Android 4 đến 6',
  'guide.android-4.path': 'Cài đặt › Bảo mật › Cài đặt từ thẻ SD › phonehome-ca.cer',
  'guide.android-4.step.1': 'Chạm “Tải chứng chỉ” ở trên và mở tệp vừa tải.',
  'guide.android-4.step.2':
    'Đặt tên tuỳ ý và chọn “VPN và ứng dụng”. Điện thoại có thể yêu cầu đặt khoá màn hình trước.',
  'guide.android-4.step.3': 'Nếu bị từ chối: điện thoại rất cũ không biết đường cong elliptic mà chứng chỉ này dùng.',
  'guide.android-4.undo':
    'Cài đặt › Bảo mật › Thông tin xác thực đáng tin cậy › Người dùng: chạm “{{name}}”, cuộn xuống, “Xoá”. Sau đó có thể bỏ khoá màn hình đã đặt.',
  'guide.ios-15.title': 'iPhone và iPad, iOS 15 trở lên',
  'guide.ios-15.path': 'Cài đặt › Cài đặt chung › Quản lý VPN & Thiết bị › {{name}} › Cài đặt',
  'guide.ios-15.switch': 'Cài đặt › Cài đặt chung › Giới thiệu › Cài đặt tin cậy chứng nhận › {{name}}',
  'guide.ios-15.step.1': 'Mở trang này bằng Safari, chạm “Tải hồ sơ” ở trên, rồi “Cho phép”.',
  'guide.ios-15.step.2': 'Cài hồ sơ như hình.',
  'guide.ios-15.step.3':
    'Công tắc thứ hai: bật “{{name}}” trong Cài đặt tin cậy chứng nhận, như hình. Nếu không, không đọc được dữ liệu mã hoá nào.',
  'guide.ios-15.undo':
    'Cài đặt › Cài đặt chung › Quản lý VPN & Thiết bị › “{{name}}” › Xoá hồ sơ. Chứng chỉ và công tắc mất theo.',
  'guide.ios-12.title': 'iPhone và iPad, iOS 14 trở xuống',
  'guide.ios-12.path': 'Cài đặt › Cài đặt chung › Hồ sơ › {{name}} › Cài đặt',
  'guide.ios-12.switch': 'Cài đặt › Cài đặt chung › Giới thiệu › Cài đặt tin cậy chứng nhận › {{name}}',
  'guide.ios-12.step.1': 'Mở trang này bằng Safari, chạm “Tải hồ sơ” ở trên, rồi “Cho phép”.',
  'guide.ios-12.step.2': 'Cài hồ sơ như hình. (Trên một số máy gọi là “Hồ sơ & Quản lý thiết bị”.)',
  'guide.ios-12.step.3':
    'Công tắc thứ hai, từ iOS 10.3: bật “{{name}}” trong Cài đặt tin cậy chứng nhận, như hình. Nếu không, không đọc được dữ liệu mã hoá nào.',
  'guide.ios-12.undo': 'Cài đặt › Cài đặt chung › Hồ sơ › “{{name}}” › Xoá hồ sơ. Chứng chỉ và công tắc mất theo.',
  'guide.firefox.title': 'Firefox trên Android',
  'guide.firefox.path':
    'Firefox › Cài đặt › Giới thiệu về Firefox › chạm biểu tượng bảy lần › Secret settings › Use third party CA certificates',
  'guide.firefox.step.1': 'Trước hết cài chứng chỉ trên điện thoại như hướng dẫn cho bản Android của máy.',
  'guide.firefox.step.2': 'Firefox có danh sách riêng: bật “Use third party CA certificates” như hình.',
  'guide.firefox.undo':
    'Firefox › Cài đặt › Secret settings: tắt “Use third party CA certificates”; xoá chứng chỉ khỏi điện thoại.',

  'check.title': 'Phòng thử có thấy điện thoại này không?',
  'check.direct':
    'Trang này mở không qua phòng thử nên không chứng minh được gì. Hãy mở địa chỉ dưới đây trên điện thoại. Nếu không tìm thấy, proxy chưa được đặt.',
  'check.set-up': 'Thiết lập',
  'check.clear': 'Dữ liệu không mã hoá',
  'check.clear.ok': '✓ Thấy được: trang này đi qua phòng thử.',
  'check.encrypted': 'Dữ liệu mã hoá của trình duyệt này',
  'check.encrypted.ok': '✓ Thấy được: chứng chỉ được tin cậy.',
  'check.encrypted.no':
    '✗ Không thấy được: trình duyệt này không tin cậy chứng chỉ của phòng thử. Hãy cài chứng chỉ; trên iPhone còn phải bật công tắc thứ hai.',
  'check.values': 'Giá trị thử',
  'check.values.text':
    'Trang này đã gửi một số sê-ri bịa ra, không thuộc điện thoại nào, mỗi lần viết một kiểu. Dưới đây là những gì phòng thử tự tìm thấy. Việc này không tạo cảnh báo.',
  'check.by-hand': 'Biểu mẫu cần bạn chạm:',
  'check.apps': 'Ứng dụng khác',
  'check.apps.text':
    'Mỗi ứng dụng tự quyết định tin ai. Nếu ứng dụng không chạy, hoặc phòng thử ghi là “chỉ nhận chứng chỉ riêng”, thì không thấy được dữ liệu nó gửi đến máy chủ đó; phòng thử vẫn thấy nó liên lạc với ai và bao nhiêu.',
  'check.found': '✓ tìm thấy',
  'check.missed': '✗ đã gửi, không tìm thấy',
  'check.waiting': 'chưa gửi',
  'check.not-trusted': 'chưa gửi: cần chứng chỉ',
  'check.count': 'Tìm thấy {{found}} trong {{sent}} giá trị đã gửi.',
  'test.plain': 'nguyên dạng, trong địa chỉ',
  'test.lower': 'viết bằng chữ thường',
  'test.path': 'trong đường dẫn của địa chỉ',
  'test.percent': 'mã hoá phần trăm từng chữ',
  'test.base64': 'Base64 của JSON',
  'test.twice': 'Base64 hai lần',
  'test.hex': 'dạng thập lục phân',
  'test.gzip': 'nén (gzip) rồi Base64',
  'test.md5': 'dạng băm (MD5)',
  'test.sha1': 'dạng băm (SHA-1)',
  'test.sha256': 'dạng băm (SHA-256)',
  'test.https': 'trong dữ liệu mã hoá (HTTPS)',
  'test.form': 'trong biểu mẫu',
  'test.multipart': 'trong biểu mẫu nhiều phần',

  'home.title': 'Một phòng thử đang chạy ở đây',
  'home.what': 'Đây là gì?',
  'home.what.text':
    'Một phòng thử Phonehome: cho thấy trực tiếp điện thoại được thử gửi những định danh nào, cho ai và đến nước nào.',
  'home.phone': 'Kết nối điện thoại',
  'home.phone.button': 'Thiết lập điện thoại',
  'home.sign-in': 'Đăng nhập',
  'home.token': 'Mã truy cập',
  'home.ui': 'Hoặc chạy lệnh này trên máy của phòng thử; địa chỉ nó in ra sẽ đăng nhập cho bạn:',
  'home.signed-in': 'Đã đăng nhập với vai trò {{role}}',
  'home.sign-out': 'Đăng xuất',
  'home.not-built':
    'Bảng điều khiển chưa được dựng ở đây. Trong thư mục của phòng thử, chạy lệnh sau không kèm --omit=dev rồi khởi động lại:',
  'home.runs': 'Đợt thử',
  'home.runs.button': 'Đánh dấu việc bạn làm',
  'home.watch': 'Theo dõi không cần bảng điều khiển',
  'home.watch.terminal': 'trong cửa sổ dòng lệnh của máy này:',
  'home.watch.elsewhere': 'từ máy khác:',
  'home.watch.program': 'bằng chương trình:',
  'home.watch.token':
    'Tất cả đều cần mã truy cập: “token” trong thư mục dữ liệu của phòng thử (quản trị viên), “token.operator” hoặc “token.viewer” (quyền 0600, tạo khi khởi động lần đầu).',
  'role.viewer': 'người xem',
  'role.operator': 'người vận hành',
  'role.administrator': 'quản trị viên',
};

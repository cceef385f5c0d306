/** What `plan run` says between the steps of a plan, in both languages. */

export interface PlanWords {
  begins(title: string): string;
  goesOn(title: string, at: string): string;
  step(number: number, of: number): string;
  round(round: number, of: number): string;
  enter: string;
  traffic: string;
  waits(left: string, until: string): string;
  left(left: string, connections: number): string;
  stopped(command: string): string;
  verdict: string;
  report(command: string): string;
  steps(count: number): string;
}

const EN: PlanWords = {
  begins: (title) => `${title}: the test begins.`,
  goesOn: (title, at) => `${title}: goes on where it was stopped (begun ${at}).`,
  step: (number, of) => `[${number} of ${of}]`,
  round: (round, of) => `(${round} of ${of})`,
  enter: 'Press Enter when it is done.',
  traffic: 'Waits for a connection of the phone. Enter goes on without one.',
  waits: (left, until) => `Waits ${left}, until ${until}. Nothing to do; Ctrl-C stops, the same command goes on later.`,
  left: (left, connections) => `${left} left, ${connections} ${connections === 1 ? 'connection' : 'connections'}`,
  stopped: (command) => `Stopped; the test run stays open. Go on with: ${command}`,
  verdict: 'Verdict:',
  report: (command) => `The report: ${command}`,
  steps: (count) => `${count} ${count === 1 ? 'step' : 'steps'}`,
};

const VI: PlanWords = {
  begins: (title) => `${title}: bắt đầu thử nghiệm.`,
  goesOn: (title, at) => `${title}: tiếp tục từ chỗ đã dừng (bắt đầu lúc ${at}).`,
  step: (number, of) => `[${number} trên ${of}]`,
  round: (round, of) => `(lần ${round} trên ${of})`,
  enter: 'Nhấn Enter khi làm xong.',
  traffic: 'Đang chờ một kết nối của điện thoại. Nhấn Enter để tiếp tục mà không cần.',
  waits: (left, until) =>
    `Chờ ${left}, đến ${until}. Không cần làm gì; Ctrl-C để dừng, chạy lại cùng lệnh để tiếp tục.`,
  left: (left, connections) => `còn ${left}, ${connections} kết nối`,
  stopped: (command) => `Đã dừng; đợt thử vẫn mở. Tiếp tục bằng: ${command}`,
  verdict: 'Kết luận:',
  report: (command) => `Báo cáo: ${command}`,
  steps: (count) => `${count} bước`,
};

export const PLAN_WORDS = { en: EN, vi: VI };

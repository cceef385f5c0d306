/** Severities as the dashboard shows them, and as one searches by them. */
export const SEVERITIES_EN = {
  'severity.critical': 'critical',
  'severity.high': 'high',
  'severity.medium': 'medium',
  'severity.low': 'low',
  'severity.info': 'for information',
} as const;

export const SEVERITIES_VI: Record<keyof typeof SEVERITIES_EN, string> = {
  'severity.critical': 'nghiêm trọng',
  'severity.high': 'cao',
  'severity.medium': 'trung bình',
  'severity.low': 'thấp',
  'severity.info': 'để biết',
};

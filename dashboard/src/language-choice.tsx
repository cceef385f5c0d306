import { choose, LANGUAGES, type Language, language, t } from './words.ts';

export function LanguageChoice() {
  return (
    <label class="language">
      <span class="hidden">{t('language')}</span>
      <select value={language.value} onChange={(event) => choose(event.currentTarget.value as Language)}>
        {Object.entries(LANGUAGES).map(([code, called]) => (
          <option key={code} value={code} lang={code}>
            {called}
          </option>
        ))}
      </select>
    </label>
  );
}

import { useState } from 'preact/hooks';
import { Refusal } from '../refusal.tsx';
import { t } from '../words.ts';
import { signIn } from './connection.ts';

export function SignIn() {
  const [token, setToken] = useState('');
  const [isWrong, setWrong] = useState(false);
  return (
    <form
      class="part sign-in"
      onSubmit={(event) => {
        event.preventDefault();
        void signIn(token).then((refusal) => setWrong(refusal !== null));
      }}
    >
      <h1>{t('sign-in.title')}</h1>
      <label>
        {t('sign-in.token')}
        <input
          type="password"
          name="token"
          autocomplete="current-password"
          required
          value={token}
          onInput={(event) => setToken(event.currentTarget.value)}
        />
      </label>
      <Refusal said={isWrong ? t('sign-in.wrong') : null} />
      <button type="submit" class="button main">
        {t('sign-in.button')}
      </button>
      <p class="quiet">{t('sign-in.how')}</p>
    </form>
  );
}

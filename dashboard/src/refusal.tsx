/** Why something was not done, told at once to whoever cannot see it. */
export const Refusal = ({ said }: { said: string | null | undefined }) =>
  said ? (
    <p class="refusal" role="alert">
      {said}
    </p>
  ) : null;

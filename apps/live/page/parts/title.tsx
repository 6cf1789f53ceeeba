/** The field for the title of the own broadcast. */

import { Icon } from 'naru-apps-kit/page/icons.js';
import { useState } from 'preact/hooks';
import { LIMITS } from '../../shared/limits.js';
import { useLive } from './context.js';

/** The title of a broadcast whose secret key the page has. */
export function Title({ id, secret, isDark = false }: { id: string; secret: string; isDark?: boolean }) {
  const { state, words, airing } = useLive();
  const listed = state.onAir.find((each) => each.id === id);
  const [typed, setTyped] = useState<string>();
  const title = listed?.title ?? '';
  const canSave = listed !== undefined && typed !== undefined && typed.trim() !== title;
  const save = async (): Promise<void> => {
    if (canSave && (await airing.describe(secret, { title: typed, isDark }))) setTyped(undefined);
  };
  return (
    <form
      class="copied"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <input
        class="title-text"
        type="text"
        value={typed ?? title}
        autocomplete="off"
        enterkeyhint="done"
        maxLength={LIMITS.titleMax}
        placeholder={words.titlePlaceholder}
        aria-label={words.titleOf}
        onInput={(event) => setTyped(event.currentTarget.value)}
      />
      <button type="submit" class="round" aria-disabled={!canSave} aria-label={words.titleSave}>
        <Icon name="check" />
      </button>
    </form>
  );
}

/** The dialogs: a person, oneself, the keyboard. */
import { KeysDialog, PersonDialog, YouDialog } from 'naru-apps-kit/page/dialogs.js';
import type { Card } from 'naru-apps-kit/shared/protocol.js';
import { keyOfTab, programKeyOfTab } from '../connection/tab.js';
import { useLive } from './context.js';

/** The dialog that is open, if one is. */
export function Dialogs() {
  const { state, session } = useLive();
  const { dialog, hidden } = state;
  if (!dialog) return null;
  if (dialog.type === 'person') return <Viewer card={dialog.card} id={dialog.id} />;
  if (dialog.type === 'keys') return <KeysDialog />;
  return <YouDialog people={{ hidden, show: (card) => session.hide(card, false) }} />;
}

/** Another person. The broadcaster can remove them. */
function Viewer({ card, id }: { card: Card; id: string }) {
  const { state, words, session, airing } = useLive();
  const ownKey = state.air?.id === id ? keyOfTab() : state.program?.id === id ? programKeyOfTab() : undefined;
  return (
    <PersonDialog
      card={card}
      isHidden={card.id in state.hidden}
      hide={(isHidden) => session.hide(card, isHidden)}
      report={(reason) => void session.report(card, id, reason)}
    >
      {ownKey && (
        <div class="row row-split">
          <p>{words.kickNote}</p>
          <button type="button" class="danger" onClick={() => void airing.kick(ownKey, card.id)}>
            {words.kick}
          </button>
        </div>
      )}
    </PersonDialog>
  );
}

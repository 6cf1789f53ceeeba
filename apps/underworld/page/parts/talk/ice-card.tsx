/** A card with a question, which breaks the ice on a ride. */

import { useState } from 'preact/hooks';
import { useChat } from '../context.js';

/** The card. The ride chooses it, so both companions begin with the same one, each in their own language. */
export function IceCard({ ride, isOver }: { ride: string; isOver: boolean }) {
  const { words, session } = useChat();
  const [drawn, setDrawn] = useState(0);
  const question = words.cards[cardOf(ride, drawn, words.cards.length)] ?? '';
  return (
    <section class="ice-card" aria-labelledby="ice-card-title">
      <h2 id="ice-card-title">{words.card}</h2>
      <p aria-live="polite">{question}</p>
      {!isOver && (
        <div class="row">
          <button type="button" class="pill" onClick={() => session.outbox.say(ride, question)}>
            {words.cardAsk}
          </button>
          <button type="button" class="pill" onClick={() => setDrawn(drawn + 1)}>
            {words.cardNext}
          </button>
        </div>
      )}
    </section>
  );
}

/** The index of the card that a ride shows after so many others were drawn. */
export function cardOf(ride: string, drawn: number, count: number): number {
  const first = [...ride].reduce((sum, letter) => sum + (letter.codePointAt(0) ?? 0), 0);
  return (first + drawn) % count;
}

/** The mark of a player, as it is on the field. */
import type { Member } from '../../shared/protocol.js';
import { markOf } from '../drawing/marks.js';

/** A disc in the colour of the player, with the shape in it. */
export function Mark({ member }: { member: Pick<Member, 'mark' | 'card'> }) {
  return (
    <svg class={`mark hue-${member.card.hue}`} viewBox="-14 -14 28 28" aria-hidden="true" focusable="false">
      <circle class="mark-disc" r="14" />
      <path class="mark-shape" d={markOf(member.mark)} transform="scale(0.85)" />
    </svg>
  );
}

/** The scoreboard: during a round on request, and after it for everybody. */
import { Icon } from 'naru-apps-kit/page/icons.js';
import { useEffect } from 'preact/hooks';
import type { Member } from '../../shared/protocol.js';
import { fieldOf } from '../../shared/world/map.js';
import { paintResult, shareOrSave } from '../drawing/result.js';
import { type Standing, standingsOf, winnerOf } from '../state/state.js';
import { useArena } from './context.js';
import { Mark } from './mark.js';

/** Lines of the list of a round. The own line is always in it. */
const LINES = 8;

/** The list during a round. */
export function Board() {
  const { state, words } = useArena();
  return (
    <section class="sheet board" aria-label={words.board}>
      <Table standings={standingsOf(state)} />
    </section>
  );
}

/** The scores after a round. */
export function Scores() {
  const { state, words, session, name } = useArena();
  const { round, place, roster, secondsLeft } = state;
  const standings = (round?.scores ?? []).map(({ slot, card, points }, _, all): Standing => {
    const known = roster.get(slot);
    const member: Member = known?.card.id === card.id ? known : { slot, card, mark: 0, isBot: false };
    return { member, points, rank: 1 + all.findIndex((each) => each.points === points) };
  });
  const winner = winnerOf(standings);
  const own = standings.find(({ member }) => member.slot === place?.slot);
  const wonBy = (best: Standing): string => (best === own ? words.youWin : words.winner(name(best.member.card)));
  const text = winner === undefined ? words.nobodyWins : winner === 'draw' ? words.draw : wonBy(winner);
  useEffect(() => session.announce(text), []);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls on a small screen, so the keyboard has to reach it.
    <section class="sheet scores" aria-labelledby="scores" tabIndex={0}>
      <h2 id="scores">{words.scoresTitle(round?.number ?? 1)}</h2>
      <p class="winner">{text}</p>
      <Table standings={standings} />
      <div class="row">
        {own && <Share standing={own} round={round?.number ?? 1} />}
        <p class="next-in">{words.nextIn(secondsLeft, words.fields[fieldOf((round?.number ?? 0) + 1).name].name)}</p>
      </div>
    </section>
  );
}

/** Makes a picture of the own result, to be shared or saved. */
function Share({ standing, round }: { standing: Standing; round: number }) {
  const { words, session, name } = useArena();
  const { member, points, rank } = standing;
  const share = async (): Promise<void> => {
    const picture = await paintResult({
      title: `${words.title} · ${words.roundOf(round)}`,
      name: name(member.card),
      points: words.points(points),
      rank: points > 0 ? words.rank(rank) : '',
      place: location.host,
      hue: member.card.hue,
      mark: member.mark,
    });
    if (picture && (await shareOrSave(picture, 'arena.png')) === 'saved') session.announce(words.saved, true);
  };
  return (
    <button type="button" class="secondary share" onClick={() => void share()}>
      <Icon name="picture" />
      {words.share}
    </button>
  );
}

function Table({ standings }: { standings: readonly Standing[] }) {
  const { state, words, name } = useArena();
  const [rank, player, points] = words.scoreHead;
  const ownSlot = state.place?.slot;
  const own = standings.findIndex(({ member }) => member.slot === ownSlot);
  const shown = standings.filter((_, index) => index < LINES - (own >= LINES ? 1 : 0) || index === own);
  return (
    <table class="standings">
      <thead>
        <tr>
          <th scope="col">{rank}</th>
          <th scope="col">{player}</th>
          <th scope="col">{points}</th>
        </tr>
      </thead>
      <tbody>
        {shown.map((each) => (
          <tr key={each.member.slot} class={each.member.slot === ownSlot ? 'own-line' : undefined}>
            <td>{each.rank}</td>
            <th scope="row">
              <span class="player">
                <Mark member={each.member} />
                <span class="player-name">{name(each.member.card)}</span>
                {each.member.slot === ownSlot && <span class="tag tag-own">{words.you}</span>}
                {each.member.isBot && <span class="tag">{words.bot}</span>}
              </span>
            </th>
            <td>{each.points}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

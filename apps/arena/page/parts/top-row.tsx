/**
 * The row over the field: the way out, lights and points, the clock, the line, and the buttons. Below it, the news of
 * players who went out.
 */
import { Icon } from 'naru-apps-kit/page/icons.js';
import { LIMITS } from '../../shared/limits.js';
import { standingsOf } from '../state/state.js';
import { useArena } from './context.js';
import { Mark } from './mark.js';

/** The row. */
export function TopRow() {
  const { state, words, session } = useArena();
  const { isBoardOpen, round, secondsLeft, seat } = state;
  const isLate = round?.phase === 'play' && secondsLeft <= 10;
  return (
    <header class="top-row">
      <div class="top-group">
        <a class="round" href="#/" aria-label={words.leave}>
          <Icon name="leave" />
        </a>
        {seat === 'in' && <Standing />}
      </div>
      {seat === 'in' && round && (
        <p class={`clock ${isLate ? 'clock-late' : ''}`}>
          <span class="visually-hidden">{words.clock} </span>
          <span class="clock-time">{words.clockOf(secondsLeft)}</span>
        </p>
      )}
      <div class="top-group top-end">
        <Line />
        <button
          type="button"
          class="round board-button"
          aria-label={words.board}
          aria-expanded={isBoardOpen}
          onClick={() => session.store.set({ isBoardOpen: !isBoardOpen })}
        >
          <Icon name="people" />
        </button>
        <button type="button" class="round" aria-label={words.settings} onClick={() => session.dialog({ type: 'you' })}>
          <Icon name="more" />
        </button>
      </div>
    </header>
  );
}

/** The own mark, lights, points and rank. */
function Standing() {
  const { state, words } = useArena();
  const { own, place, roster } = state;
  const member = place && roster.get(place.slot);
  const standings = standingsOf(state);
  // At first, all are equal.
  const hasLeader = (standings[0]?.points ?? 0) > 0;
  const rank = hasLeader ? standings.find((each) => each.member.slot === place?.slot)?.rank : undefined;
  if (!own || !member) return null;
  return (
    <p class="standing">
      <Mark member={member} />
      <span class="lights" role="img" aria-label={words.lights(own.lights)}>
        {Array.from({ length: LIMITS.lights }, (_, index) => (
          <span key={index} class={index < own.lights ? 'light light-on' : 'light'} />
        ))}
      </span>
      <span class="standing-points">{words.points(own.points)}</span>
      {rank !== undefined && <span class="standing-rank">{words.rank(rank)}</span>}
    </p>
  );
}

/** Shows the time to the server and back. Without a connection, it says so. A press opens the figures. */
function Line() {
  const { state, words, session } = useArena();
  const { link, lane, isPanelOpen, figures } = state;
  const tripMs = figures?.roundTripMs;
  const text = link === 'online' && tripMs !== undefined ? words.ms(tripMs) : words.links[link];
  return (
    <button
      type="button"
      class={`line signal signal-${link} lane-${lane}`}
      aria-expanded={isPanelOpen}
      onClick={() => session.store.set({ isPanelOpen: !isPanelOpen })}
    >
      <span class="signal-light" aria-hidden="true" />
      <span class="visually-hidden">{words.panel} </span>
      <span class="line-text">{text}</span>
    </button>
  );
}

/** The latest news of players who went out. */
export function Feed() {
  const { state, words, name } = useArena();
  const { news, place } = state;
  const mine = (slot: number): string => (slot === place?.slot ? 'news-own' : '');
  return (
    <ol class="feed" aria-label={words.board} aria-live="off">
      {news.map(({ key, by, who }) => (
        <li key={key} class="news">
          <span class="visually-hidden">{words.put(name(by.card), name(who.card))}</span>
          <span class="news-line" aria-hidden="true">
            <Mark member={by} />
            <span class={`news-name ${mine(by.slot)}`}>{name(by.card)}</span>
            <span class="news-beam" />
            <Mark member={who} />
            <span class={`news-name ${mine(who.slot)}`}>{name(who.card)}</span>
          </span>
        </li>
      ))}
    </ol>
  );
}

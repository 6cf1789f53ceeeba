/** The screen of the game: the field, and around it what the player has to know. */
import { Icon } from 'naru-apps-kit/page/icons.js';
import { useEffect, useRef, useState } from 'preact/hooks';
import { fieldOf } from '../../shared/world/map.js';
import { Loop } from '../game/loop.js';
import { hasHint } from '../state/state.js';
import { Board, Scores } from './board.js';
import { useArena } from './context.js';
import { Panel } from './panel.js';
import { Feed, TopRow } from './top-row.js';

/** The screen. `room` is the code of a link, if the player came by one. */
export function PlayScreen({ room }: { room?: string | undefined }) {
  const { state, words, session, speaker } = useArena();
  const field = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (!field.current || !canvas.current) return undefined;
    const loop = new Loop(session, speaker, field.current, canvas.current);
    void session.enter(room === undefined ? {} : { room });
    return () => {
      loop.close();
      session.leave();
    };
  }, []);
  const { seat, isPanelOpen, isBoardOpen, round, own, isSilent } = state;
  useEffect(() => {
    // The player goes on playing: Space fires, and does not press the button that was used last.
    if (!state.dialog) field.current?.focus({ preventScroll: true });
  }, [state.dialog]);
  useEffect(() => {
    // With the keyboard, the focus stays on the button, so that another press closes what it has opened.
    const isByKey = document.activeElement?.matches(':focus-visible') === true;
    if (!isByKey) field.current?.focus({ preventScroll: true });
  }, [isPanelOpen, isBoardOpen]);
  const isOver = round?.phase === 'scores' && seat === 'in';
  return (
    <main id="main" class="screen night arena" tabIndex={-1}>
      <h1 class="visually-hidden">{words.playTitle}</h1>
      <div
        id="field"
        class="field"
        ref={field}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a game takes keys, so it has to take the focus.
        tabIndex={0}
        role="application"
        aria-label={words.fieldLabel}
        aria-describedby="field-note"
      >
        <canvas ref={canvas} />
      </div>
      <p id="field-note" class="visually-hidden">
        {words.fieldNote}
      </p>
      <TopRow />
      <div class="sides">
        <div class="side">{isPanelOpen && !isOver && <Panel />}</div>
        <div class="side side-end">
          {isBoardOpen && !isOver && <Board />}
          {!isOver && <Feed />}
        </div>
      </div>
      {seat === 'in' && round?.phase === 'play' && <FieldTitle key={round.number} round={round.number} />}
      {seat === 'in' && own?.life === 'out' && !isOver && !isSilent && <OutNote />}
      {seat === 'in' && (isSilent || own?.life === 'away') && (
        <p class="float float-low" role="status">
          {isSilent ? words.silentNote : words.awayNote}
        </p>
      )}
      {isOver && <Scores />}
      {hasHint(state) && (
        <p class="float float-low hint-line">
          <span class="for-touch">{words.hint.touch}</span>
          <span class="for-keys">{words.hint.keys}</span>
        </p>
      )}
      {seat !== 'in' && <Curtain room={room} />}
    </main>
  );
}

/** Names the place of a round for a moment, and its landmarks. */
function FieldTitle({ round }: { round: number }) {
  const { words, session } = useArena();
  const { name, landmarks } = words.fields[fieldOf(round).name];
  const [isOpen, setOpen] = useState(true);
  useEffect(() => {
    session.announce(`${words.roundOf(round)}: ${name}`);
    const timer = setTimeout(() => setOpen(false), TITLE_MS);
    return () => clearTimeout(timer);
  }, []);
  if (!isOpen) return null;
  return (
    <div class="float field-title">
      <p>{words.roundOf(round)}</p>
      <p class="field-name">{name}</p>
      <p>{landmarks.map((each) => each.replace(' ', '\u00a0')).join('\u00a0· ')}</p>
    </div>
  );
}

/** How long the name of a place is shown. */
const TITLE_MS = 5_000;

/** Says who put the player out, and when the player comes back. */
function OutNote() {
  const { state, words, name } = useArena();
  const { outBy, own } = state;
  return (
    <div class="float float-mid">
      <p class="out-title" role="alert">
        {words.outTitle}
        {outBy && <span class="out-by">{words.outBy(name(outBy.card))}</span>}
      </p>
      <p class="out-replay">{words.replay}</p>
      <p class="out-for">{words.outFor(own?.outSeconds ?? 0)}</p>
    </div>
  );
}

/** Covers the field while the player has no place. */
function Curtain({ room }: { room: string | undefined }) {
  const { state, words, session } = useArena();
  const { seat, link } = state;
  const isWaiting = seat === 'none' || seat === 'entering' || seat === 'in';
  const text = isWaiting
    ? link === 'online' || link === 'connecting'
      ? words.entering
      : words.offlineNote
    : seat in words.endings
      ? words.endings[seat as keyof typeof words.endings]
      : words.problems[seat as keyof typeof words.problems];
  const canChoose = seat === 'idle' || seat === 'moved' || seat === 'misuse' || seat === 'gone' || seat === 'left';
  const again = (): void => {
    // The link leads to a room that is not there, so the address must not name it any more.
    if (seat === 'gone' && room) location.hash = '#/play';
    else void session.enter(seat === 'gone' || !room ? {} : { room });
  };
  return (
    <div class="curtain" role="status">
      <p>{text}</p>
      {canChoose && (
        <button type="button" class="primary" onClick={again}>
          <Icon name="next" />
          {seat === 'gone' ? words.anywhere : words.again}
        </button>
      )}
      {seat === 'full' && room && (
        <button type="button" class="primary" onClick={() => void session.enter()}>
          {words.anywhere}
        </button>
      )}
      {!isWaiting && (
        <a class="secondary" href="#/">
          {words.back}
        </a>
      )}
    </div>
  );
}

/**
 * Runs the game of the page: it passes on what the socket brings, draws each frame, and tells the page what it shows
 * around the field.
 */
import { nameOf } from 'naru-apps-kit/shared/naming.js';
import { LIMITS, TICK_HZ } from '../../shared/limits.js';
import type { Place } from '../../shared/protocol.js';
import type { Own } from '../../shared/wire/snapshot.js';
import type { Session } from '../connection/session.js';
import { bytesOf } from '../connection/socket.js';
import { Traffic } from '../connection/traffic.js';
import { Renderer } from '../drawing/renderer.js';
import { Controls } from '../input/controls.js';
import type { Speaker } from '../sound.js';
import { aged } from '../state/state.js';
import { Game } from './game.js';

/** Time between two looks at the figures of the line, in milliseconds. */
const FIGURES_MS = 1_000;
/** The round trip is measured in one of this many looks, and in each of them while the figures are open. */
const PINGS = 3;

/** The game as long as its screen is open. */
export class Loop {
  readonly #session: Session;
  readonly #renderer: Renderer;
  readonly #controls = new Controls();
  readonly #traffic = new Traffic();
  readonly #speaker: Speaker;
  readonly #stops: (() => void)[] = [];
  #game: Game | undefined;
  #place: Place | undefined;
  #lastSequence = 0;
  #roundTripMs: number | undefined;
  #measured = 0;

  /** `field` takes the presses, and `canvas` shows the game. */
  constructor(session: Session, speaker: Speaker, field: HTMLElement, canvas: HTMLCanvasElement) {
    this.#session = session;
    this.#speaker = speaker;
    this.#renderer = new Renderer(canvas);
    const { store, socket } = session;
    const onSnapshot = (data: Uint8Array | ArrayBuffer): void => this.#game?.receive(bytesOf(data), performance.now());
    socket.on('s', onSnapshot);
    const resized = new ResizeObserver(() => this.#renderer.fit());
    resized.observe(canvas);
    this.#renderer.fit();
    this.#renderer.signsOf = ({ name }) => session.words.fields[name].landmarks;
    const calm = matchMedia('(prefers-reduced-motion: reduce)');
    const onCalm = (): void => {
      this.#renderer.isCalm = calm.matches;
    };
    onCalm();
    calm.addEventListener('change', onCalm);
    const timer = setInterval(() => void this.#measure(), FIGURES_MS);
    let frame = requestAnimationFrame(function next(this: void, at: number) {
      draw(at);
      frame = requestAnimationFrame(next);
    });
    const draw = (at: number): void => this.#draw(at);
    this.#stops.push(
      () => socket.off('s', onSnapshot),
      () => resized.disconnect(),
      () => calm.removeEventListener('change', onCalm),
      () => clearInterval(timer),
      () => cancelAnimationFrame(frame),
      store.watch(() => this.#follow()),
      this.#controls.attach(field, () => store.state.dialog !== undefined),
    );
    this.#follow();
  }

  /** Ends the game. */
  close(): void {
    for (const stop of this.#stops.splice(0)) stop();
  }

  /** Begins a game when the page has got a place. */
  #follow(): void {
    const { place, isSoundOn } = this.#session.store.state;
    this.#speaker.isOn = isSoundOn;
    if (place === this.#place) return;
    this.#place = place;
    this.#traffic.clear();
    this.#lastSequence = Math.max(this.#lastSequence, this.#game?.sequence ?? 0);
    if (place?.isBack !== true) this.#lastSequence = 0;
    this.#game = place && this.#gameAt(place);
  }

  #gameAt(place: Place): Game {
    const { store, socket } = this.#session;
    return new Game(place.slot, Math.max(place.seq, this.#lastSequence), {
      controls: this.#controls,
      traffic: this.#traffic,
      memberAt: (slot) => store.state.roster.get(slot),
      nameOf: (member) => nameOf(member.card, store.state.settings.language),
      isOpen: () => store.state.round?.phase === 'play',
      isPaused: () => store.state.dialog !== undefined,
      isCalm: () => this.#renderer.isCalm,
      send: (bytes) => socket.volatile.emit('in', bytes),
      sound: (sound) => this.#speaker.play(sound),
      own: (own, tick) => this.#tell(own, tick),
    });
  }

  #draw(at: number): void {
    const scene = this.#game?.advance(at, this.#renderer.toScreen);
    if (!scene) {
      this.#renderer.drawEmpty({ x: 1_200, y: 800 });
      return;
    }
    const { thumbs, device } = this.#controls;
    const isTouch = device === 'thumbs' || (device === 'keys' && matchMedia('(pointer: coarse)').matches);
    this.#renderer.draw({ ...scene, sticks: isTouch ? { left: thumbs.left, right: thumbs.right } : undefined });
  }

  /** Tells the page about the own player and the clock, when they have changed. */
  #tell({ lights, state: life, points, ticksLeft }: Own, tick: number): void {
    const { store } = this.#session;
    const { own, round, secondsLeft, hasPlayed } = store.state;
    const outSeconds = life === 'out' ? Math.ceil(ticksLeft / TICK_HZ) : 0;
    const isSame =
      own?.lights === lights && own.life === life && own.points === points && own.outSeconds === outSeconds;
    if (!isSame) store.set({ own: { lights, life, points, outSeconds } });
    if (own?.life === 'out' && life !== 'out') this.#session.announce(this.#session.words.backIn);
    store.take(aged(performance.now()));
    const seconds = Math.max(0, Math.ceil(((round?.endsAt ?? tick) - tick) / TICK_HZ));
    if (seconds !== secondsLeft) store.set({ secondsLeft: Math.min(seconds, LIMITS.roundMs) });
    const done = this.#game?.done;
    if (!hasPlayed && done?.hasMoved && done.hasFired) store.set({ hasPlayed: true });
  }

  async #measure(): Promise<void> {
    const { store } = this.#session;
    if (!this.#game || store.state.seat !== 'in') return;
    this.#show();
    if (!store.state.isPanelOpen && this.#measured++ % PINGS !== 0) return;
    this.#roundTripMs = await this.#session.roundTrip();
    this.#show();
  }

  #show(): void {
    const now = performance.now();
    const counted = this.#traffic.at(now);
    const delayTicks = this.#game?.delayTicks ?? 0;
    const isSilent = this.#game?.isSilent(now) === true;
    this.#session.store.take(aged(now));
    this.#session.store.set({ figures: { ...counted, delayTicks, roundTripMs: this.#roundTripMs }, isSilent });
  }
}

/** Watches a broadcast: asks the server for its frames, plays them, says what is shown, and rewinds. */
import type { QualityWish, TapeMark, WatchAsk, Watched } from '../../shared/protocol.js';
import { LiveClock, TapeClock } from '../media/clock.js';
import { Player } from '../media/player.js';
import { takeStill } from '../media/still.js';
import { type Watching, watched } from '../state/state.js';
import type { Session } from './session.js';
import type { Settled } from './socket.js';
import { TapeReader } from './tape-reader.js';

/** The viewing of one broadcast on one canvas. */
export class Viewing {
  readonly #session: Session;
  readonly #id: string;
  readonly #player: Player;
  readonly #stops: (() => void)[] = [];
  readonly #tape: TapeReader;
  #wish: QualityWish = 'auto';
  /** Whether the page plays the tape, or is about to, so that it wants no live pictures. */
  #isAside = false;
  /** Change with each seek and with each word to the server, so that an earlier one goes no further. */
  #seek = 0;
  #word = 0;
  #volume = 1;
  /** The time of the server's clock at which the person has paused. */
  #pausedAt: number | undefined;
  #saidAt = 0;
  #skippedAt = Number.NEGATIVE_INFINITY;

  /** The moment of the link, until the viewing has gone there. */
  #linkedAt: number | undefined;

  /** `at` is the moment to begin at, in milliseconds of the server's clock. Without it, the picture is live. */
  constructor(session: Session, id: string, canvas: HTMLCanvasElement, at?: number) {
    this.#linkedAt = at;
    this.#session = session;
    this.#id = id;
    this.#player = new Player(canvas, {
      onPicture: (_width, height) => this.#set({ hasPicture: true, lines: height }),
      onStill: () => this.#set({ hasPicture: true }),
      onSetBack: () => this.#player.restart(this.#tape.isPlaying ? new TapeClock() : new LiveClock()),
      onUnable: () => this.#set({ status: 'unable' }),
    });
    this.#tape = new TapeReader(session.socket, id, {
      onFrame: (frame) => this.#player.takeFrame(frame),
      onEnd: () => void this.rewind(0),
    });
    const { store, socket } = session;
    const status = Player.isAble ? 'entering' : 'unable';
    const known = { id, status, viewers: 0, wish: this.#wish, hasPicture: false, lines: 0 } as const;
    const sound = { isSoundOn: false, volume: this.#volume, hasChosenSound: false };
    store.set({ watching: { ...known, ...sound, isPaused: false, isSkipping: false, rewoundMs: 0 } });
    this.#follow(socket);
    this.#followList();
    if (status === 'unable') return;
    takeStill(id, (image) => this.#player.showStill(image));
    session.wish(() => this.#ask);
    this.#stops.push(
      session.whenOnline(() => session.hasAsked(id) || void this.#enter()),
      () => session.wish(undefined),
    );
    const looking = setInterval(() => this.#look(), LOOK_MS);
    this.#stops.push(() => clearInterval(looking));
    // The sound starts at once if the person has clicked something already.
    if (navigator.userActivation?.hasBeenActive) void this.#turn(true);
  }

  /** Turns the sound on or off, as the person wants it. A browser allows it after a click only. */
  async turnSound(isOn: boolean): Promise<void> {
    this.#set({ hasChosenSound: true });
    await this.#turn(isOn);
  }

  /** Sets the loudness, from 0 to 1. */
  async setVolume(volume: number): Promise<void> {
    this.#volume = Math.max(0, Math.min(1, volume));
    this.#set({ volume: this.#volume });
    await this.turnSound(this.#volume > 0);
  }

  /** Stops the picture and the sound, or goes on from the same place. */
  async pause(isPaused: boolean): Promise<void> {
    const { clock, store } = this.#session;
    if (isPaused === store.state.watching?.isPaused) return;
    if (!isPaused) return this.rewind(clock.now - (this.#pausedAt ?? clock.now));
    this.#pausedAt = this.#player.figures.shownAt ?? clock.now;
    this.#seek++;
    this.#tape.stop();
    this.#isAside = true;
    // The last picture stays. Those that wait to be shown are dropped.
    this.#player.restart(new LiveClock());
    this.#set({ isPaused: true });
    await this.#tell();
  }

  async #turn(isOn: boolean): Promise<void> {
    if (isOn) {
      const isStarted = await this.#player.sound.start();
      this.#player.sound.setVolume(this.#volume);
      this.#set({ isSoundOn: isStarted });
    } else {
      this.#player.sound.setVolume(0);
      this.#set({ isSoundOn: false });
    }
  }

  /** Chooses a quality. */
  async choose(wish: QualityWish): Promise<void> {
    this.#wish = wish;
    this.#set({ wish });
    if (!this.#isAside) await this.#tell();
  }

  /** Goes back by this much, in milliseconds. 0 is live. */
  async rewind(byMs: number): Promise<void> {
    const seek = ++this.#seek;
    this.#tape.stop();
    this.#pausedAt = undefined;
    // At once, so that a second key goes on from there.
    this.#set({ isPaused: false, rewoundMs: Math.max(0, byMs) });
    if (byMs <= 0) return this.#goLive();
    // A key that is held on the slider seeks many times a second. The last one counts.
    await new Promise((done) => setTimeout(done, SEEK_MS));
    if (seek !== this.#seek) return;
    // Live pictures would only take the line away from the tape.
    this.#isAside = true;
    void this.#tell();
    const answer = await this.#session.ask<{ marks: readonly TapeMark[] }>((asking) =>
      asking.emitWithAck('tape:marks', { id: this.#id }),
    );
    if (seek !== this.#seek) return;
    const { watching } = this.#session.store.state;
    if (!answer.ok || !watching || !this.#session.socket.connected) return this.#goLive();
    this.#player.restart(new TapeClock());
    const quality = this.#wish === 'low' && watching.broadcast?.qualities.includes('low') ? 'low' : 'high';
    await this.#tape.play(quality, this.#session.clock.now - byMs, answer.marks);
  }

  /** Ends the viewing. */
  close(): void {
    for (const stop of this.#stops.splice(0)) stop();
    this.#seek++;
    this.#word++;
    this.#tape.close();
    this.#player.close();
    this.#session.socket.emit('unwatch', {}, () => undefined);
    this.#session.store.set({ watching: undefined });
  }

  /** The figures of the player, for measurements. */
  get figures(): Player['figures'] {
    return this.#player.figures;
  }

  /** Leaves the tape. */
  async #goLive(): Promise<void> {
    if (!this.#isAside) return;
    this.#isAside = false;
    this.#player.restart(new LiveClock());
    this.#set({ rewoundMs: 0 });
    await this.#tell();
  }

  /** Tells the server which pictures this page wants. A server that finds it too fast is told again. */
  async #tell(): Promise<void> {
    const word = ++this.#word;
    for (;;) {
      const { wish } = this.#ask;
      const answer = await this.#session.ask((socket) => socket.emitWithAck('quality', { wish }));
      if (answer.ok || answer.why !== 'slow') return;
      await new Promise((done) => setTimeout(done, answer.waitMs ?? AGAIN_MS));
      if (word !== this.#word) return;
    }
  }

  /** A broadcast that was not on air begins: the link was opened before it, or it comes back after its end. */
  #followList(): void {
    const { store } = this.#session;
    let list = store.state.onAir;
    const look = (): void => {
      const { onAir, watching } = store.state;
      if (onAir === list) return;
      list = onAir;
      const isWaiting = watching?.id === this.#id && (watching.status === 'gone' || watching.status === 'over');
      if (!isWaiting || !onAir.some(({ id, isLost }) => id === this.#id && !isLost)) return;
      this.#isAside = false;
      this.#pausedAt = undefined;
      this.#player.restart(new LiveClock());
      this.#set({ status: 'entering', ending: undefined, isPaused: false, rewoundMs: 0 });
      void this.#enter();
    };
    this.#stops.push(store.watch(look));
  }

  #follow(socket: Session['socket']): void {
    const onFrame = (bytes: Uint8Array | ArrayBuffer): void => {
      if (!this.#isAside) this.#player.take(bytes);
    };
    const onAudience = (id: string, viewers: number): void => {
      if (id === this.#id) this.#set({ viewers });
    };
    const onOff = (id: string, why: NonNullable<Parameters<typeof watched>[1]['ending']>): void => {
      if (id !== this.#id) return;
      this.#tape.stop();
      this.#set({ status: 'over', ending: why });
    };
    const onDropped = (): void => {
      if (this.#tape.isPlaying) return;
      this.#skippedAt = performance.now();
      this.#noteSkipping(true);
    };
    const onKicked = (id: string): void => {
      if (id !== this.#id) return;
      this.#tape.stop();
      this.#set({ status: 'kicked' });
    };
    const onWatching = (id: string, answer: Settled<Watched>): void => {
      if (id === this.#id) void this.#entered(answer);
    };
    socket.on('watching', onWatching);
    socket.on('frame', onFrame);
    socket.on('audience', onAudience);
    socket.on('off', onOff);
    socket.on('kicked', onKicked);
    socket.on('naru:dropped', onDropped);
    this.#stops.push(() => {
      socket.off('watching', onWatching);
      socket.off('frame', onFrame);
      socket.off('audience', onAudience);
      socket.off('off', onOff);
      socket.off('kicked', onKicked);
      socket.off('naru:dropped', onDropped);
    });
  }

  get #ask(): WatchAsk {
    return { id: this.#id, wish: this.#isAside ? 'none' : this.#wish };
  }

  async #enter(): Promise<void> {
    await this.#entered(await this.#session.ask<Watched>((socket) => socket.emitWithAck('watch', this.#ask)));
  }

  async #entered(answer: Settled<Watched>): Promise<void> {
    if (answer.ok) {
      this.#set({ status: 'on', broadcast: answer.broadcast, viewers: answer.viewers });
      const at = this.#linkedAt;
      this.#linkedAt = undefined;
      if (at !== undefined) void this.rewind(this.#session.clock.now - at);
      return this.#session.readTalk(this.#id);
    }
    // A viewer who has been in reads that the broadcast has ended, also if the line was broken at that moment.
    const hasBeenIn = this.#session.store.state.watching?.broadcast !== undefined;
    this.#set({ status: answer.why === 'gone' && hasBeenIn ? 'over' : answer.why });
    if (answer.why === 'full' || answer.why === 'slow' || answer.why === 'late') {
      const again = setTimeout(() => void this.#enter(), Math.max(AGAIN_MS, answer.waitMs ?? 0));
      this.#stops.push(() => clearTimeout(again));
    }
  }

  /** Says that pictures are left out, or no longer. The choice of the quality stays with the person. */
  #noteSkipping(isSkipping: boolean): void {
    const { watching } = this.#session.store.state;
    if (!watching || watching.isSkipping === isSkipping) return;
    this.#set({ isSkipping });
    if (isSkipping && isTold(watching)) this.#session.announce(this.#session.words.skipping);
  }

  /** Says twice a second what is shown, so that the server knows the lag. */
  #look(): void {
    if (performance.now() - this.#skippedAt > SKIPPING_MS) this.#noteSkipping(false);
    const { clock } = this.#session;
    if (this.#pausedAt !== undefined) {
      this.#set({ rewoundMs: Math.max(0, clock.now - this.#pausedAt) });
      return;
    }
    const { shownAt, doneAt, height } = this.#player.figures;
    if (shownAt === undefined) return;
    const behindMs = clock.now - shownAt;
    if (this.#tape.isPlaying) this.#set({ rewoundMs: Math.max(0, behindMs), lines: height });
    else {
      // A tab that nobody sees draws late, which says nothing about its line.
      // The same word twice would say that the line is late, although the server has sent nothing in between.
      if (!document.hidden && doneAt !== undefined && doneAt !== this.#saidAt) {
        this.#saidAt = doneAt;
        this.#session.socket.volatile.emit('seen', doneAt);
      }
      // A figure that may be false is worse than none.
      this.#set({ behindMs: clock.isExact ? Math.max(0, behindMs) : undefined, lines: height });
    }
  }

  #set(fields: Parameters<typeof watched>[1]): void {
    this.#session.store.take(watched(this.#id, fields));
  }
}

/** Whether the person is told of pictures that are left out. The server soon takes the lower quality if it chooses. */
export function isTold({ wish, broadcast }: Watching): boolean {
  return wish !== 'auto' || broadcast?.qualities.length === 1;
}

/** Pictures that were left out longer ago than this are over. */
const SKIPPING_MS = 8_000;
const LOOK_MS = 500;
const AGAIN_MS = 3_000;
/** A seek waits this long for another one, in milliseconds. */
const SEEK_MS = 150;

/** Puts this page on air: opens a source, encodes it, and sends the frames. Goes on after a lost connection. */
import { type About, type OnAir, QUALITIES, type SourceKind } from '../../shared/protocol.js';
import { Encoder } from '../media/encoder.js';
import { Recorder } from '../media/recorder.js';
import { openCamera, openFile, openScreen, type Source } from '../media/sources.js';
import { aired, type OwnAir } from '../state/state.js';
import type { Words } from '../words/language.js';
import type { Session } from './session.js';
import { keyOfTab } from './tab.js';

/** The broadcasting of this page. Invariant: there is a source exactly while there is a broadcast in the state. */
export class Airing {
  readonly #session: Session;
  #encoder: Encoder | undefined;
  readonly #recorder: Recorder;
  #source: Source | undefined;
  #stopAsking: (() => void) | undefined;
  #isOn = false;
  /** Changes with each start and each end, so that one that was under way goes no further. */
  #turn = 0;
  /** Counts the requests to go on air, so that an answer asks again only if no newer request is under way. */
  #asked = 0;
  /** When the oldest key frame without an acknowledgement was sent. */
  #unconfirmed: number[] = [];

  constructor(session: Session) {
    this.#session = session;
    this.#recorder = new Recorder((bytes) => {
      if (this.#canSend()) session.socket.emit('webm', bytes);
    });
    const { socket } = session;
    socket.on('refused', (why) => this.#refused(why));
    // Another tab with the same key may have stopped it, or another server may have missed this one.
    socket.on('off', (id, why) => {
      if (session.store.state.air?.id === id) this.#refused(why);
    });
    socket.on('desk', (id, desk) => {
      const { air } = session.store.state;
      if (air?.id !== id) return;
      const watched = Math.max(air.watched ?? 0, desk.watched);
      session.store.take(aired({ desk, watched, isSlow: this.#isBehind() }));
    });
    session.store.watch(() => {
      const { air, onAir } = session.store.state;
      // The broadcast went on elsewhere, and has ended there.
      const isGone = air?.why === 'taken' && !onAir.some(({ id }) => id === air.id);
      if (isGone) session.store.set({ air: undefined });
    });
    socket.on('disconnect', () => {
      this.#isOn = false;
      this.#unconfirmed = [];
      this.#recorder.stop();
      if (this.#source) session.store.take(aired({ status: 'waiting' }));
    });
  }

  /** The stream of the camera, the screen or the file. */
  get stream(): MediaStream | undefined {
    return this.#source?.stream;
  }

  /** Goes on air. Returns false if the source cannot be opened, and the state says why. */
  async start(kind: SourceKind, file?: File): Promise<boolean> {
    this.#release();
    const turn = this.#turn;
    this.#session.store.set({ air: { ...NONE, kind } });
    if (!Encoder.isAble && !Recorder.isAble) return this.#failed('unable');
    try {
      const source = await open(kind, file);
      if (turn !== this.#turn) {
        // The person has stopped meanwhile, or chosen another source.
        source.close();
        return false;
      }
      this.#use(source);
    } catch (error) {
      if (turn !== this.#turn) return false;
      const isDenied = error instanceof DOMException && error.name === 'NotAllowedError';
      return this.#failed(isDenied ? 'denied' : 'failed');
    }
    this.#set({ status: 'starting' });
    this.#stopAsking = this.#session.whenOnline(() => void this.#begin());
    return true;
  }

  /** Ends the broadcast. */
  async stop(): Promise<void> {
    const { air } = this.#session.store.state;
    const lastedMs = this.#lastedMs;
    this.#release();
    this.#session.store.set({ air: air && lastedMs !== undefined ? { ...air, status: 'over', lastedMs } : undefined });
    await this.#session.ask((socket) => socket.emitWithAck('air:stop', { key: keyOfTab() }));
  }

  /** Removes a viewer from the broadcast. */
  async kick(key: string, who: string): Promise<void> {
    const answer = await this.#session.ask((socket) => socket.emitWithAck('kick', { key, who }));
    this.#session.store.set({ dialog: undefined });
    this.#session.announce(answer.ok ? this.#session.words.kickDone : this.#session.words.problems[answer.why], true);
  }

  /** Says what the broadcast is about. Resolves to whether the server took it. */
  async describe(key: string, about: About): Promise<boolean> {
    const answer = await this.#session.ask((socket) => socket.emitWithAck('air:describe', { key, ...about }));
    if (!answer.ok) this.#session.announce(this.#session.words.problems[answer.why], true);
    return answer.ok;
  }

  /** Turns the camera or the microphone off and on. Viewers read that the picture is off, or hear nothing. */
  turn(what: 'picture' | 'sound', isOn: boolean): void {
    const tracks = what === 'picture' ? this.stream?.getVideoTracks() : this.stream?.getAudioTracks();
    for (const track of tracks ?? []) track.enabled = isOn;
    this.#set(what === 'picture' ? { isCameraOff: !isOn } : { isSilent: !isOn });
    if (what === 'picture') this.#tellDark(!isOn);
  }

  #tellDark(isDark: boolean): void {
    void this.describe(keyOfTab(), { title: this.#listed?.title ?? '', isDark });
  }

  /** The own broadcast in the list. */
  get #listed(): OnAir | undefined {
    const { air, onAir } = this.#session.store.state;
    return onAir.find(({ id }) => id === air?.id);
  }

  /** How long the broadcast has lasted, in milliseconds. `undefined` if it was not on air. */
  get #lastedMs(): number | undefined {
    return this.#listed && Math.max(0, this.#session.clock.now - this.#listed.since);
  }

  #use(source: Source): void {
    this.#source = source;
    // The browser has a button of its own that ends the sharing of a screen.
    for (const track of source.stream.getVideoTracks()) track.onended = () => void this.stop();
    // Each source has timestamps of its own, so each gets a new encoder.
    if (Encoder.isAble) this.#encoder = this.#makeEncoder();
    this.#encoder?.start(source.stream);
  }

  /** Looks in a while whether a picture has come. After a reload, a browser may give a camera that stands still. */
  #watchCamera(turn: number, tries: number): void {
    setTimeout(() => {
      const isStill = this.#isOn && this.#encoder?.hasPicture === false;
      if (turn === this.#turn && isStill && tries > 0) void this.#reopenCamera(turn, tries - 1);
    }, FIRST_PICTURE_MS);
  }

  async #reopenCamera(turn: number, tries: number): Promise<void> {
    this.#encoder?.stop();
    this.#source?.close();
    const source = await openCamera().catch(() => undefined);
    if (turn !== this.#turn) {
      source?.close();
      return;
    }
    if (!source) {
      this.#failed('failed');
      return;
    }
    this.#use(source);
    const { isCameraOff = false, isSilent = false } = this.#session.store.state.air ?? {};
    for (const track of source.stream.getVideoTracks()) track.enabled = !isCameraOff;
    for (const track of source.stream.getAudioTracks()) track.enabled = !isSilent;
    // The page shows the new stream.
    this.#set({});
    this.#watchCamera(turn, tries);
  }

  async #begin(): Promise<void> {
    const turn = this.#turn;
    const asked = ++this.#asked;
    const kind = this.#session.store.state.air?.kind ?? 'camera';
    const form = Encoder.isAble ? 'frames' : 'webm';
    const qualities = form === 'frames' ? QUALITIES : (['high'] as const);
    const ask = { key: keyOfTab(), kind, qualities, form } as const;
    const answer = await this.#session.ask<{ id: string }>((socket) => socket.emitWithAck('air:start', ask));
    if (turn !== this.#turn || !this.#source) return;
    if (!answer.ok) {
      const isLater = answer.why === 'late' || answer.why === 'slow';
      if (!isLater) this.#release();
      this.#set({ status: isLater ? 'waiting' : 'refused', why: answer.why });
      if (isLater) this.#askAgain(turn, asked, Math.max(AGAIN_MS, answer.waitMs ?? 0));
      return;
    }
    this.#isOn = true;
    this.#encoder?.begin();
    if (form === 'webm') this.#recorder.start(this.#source.stream);
    this.#set({ status: 'on', id: answer.id, why: undefined });
    if (this.#session.store.state.air?.isCameraOff) this.#tellDark(true);
    if (kind === 'camera') this.#watchCamera(turn, CAMERA_TRIES);
    await this.#session.readTalk(answer.id);
  }

  /** Asks again after a while, if the same connection is still there. A new one asks by itself. */
  #askAgain(turn: number, asked: number, inMs: number): void {
    setTimeout(() => {
      if (turn === this.#turn && asked === this.#asked && this.#session.socket.connected) void this.#begin();
    }, inMs);
  }

  #refused(why: NonNullable<OwnAir['why']>): void {
    if (!this.#source) return;
    const lastedMs = this.#lastedMs;
    this.#release();
    this.#set({ status: 'refused', why, lastedMs });
    this.#session.announce(closingText(this.#session.words, why), true);
  }

  #failed(status: OwnAir['status']): false {
    this.#release();
    this.#set({ status });
    return false;
  }

  #release(): void {
    this.#turn++;
    this.#isOn = false;
    this.#stopAsking?.();
    this.#encoder?.stop();
    this.#encoder = undefined;
    this.#recorder.stop();
    this.#source?.close();
    this.#source = undefined;
    this.#unconfirmed = [];
  }

  #makeEncoder(): Encoder {
    const { socket } = this.#session;
    return new Encoder({
      canSend: () => this.#canSend(),
      onFault: () => this.#failed('unable'),
      send: (bytes, isKey) => {
        if (!this.#isOn || !socket.connected) return;
        if (!isKey) return void socket.emit('frame', bytes);
        const sentAt = performance.now();
        this.#unconfirmed.push(sentAt);
        // The server confirms key frames, which shows how far the line is behind.
        socket.emit('frame', bytes, () => {
          this.#unconfirmed = this.#unconfirmed.filter((each) => each !== sentAt);
        });
      },
    });
  }

  #canSend(): boolean {
    if (!this.#isOn || !this.#session.socket.connected) return false;
    if (!this.#isBehind()) return true;
    // A key frame follows the pictures that are left out.
    this.#encoder?.begin();
    return false;
  }

  #isBehind(): boolean {
    const [oldest] = this.#unconfirmed;
    return oldest !== undefined && performance.now() - oldest > BEHIND_MS;
  }

  #set(fields: Partial<OwnAir>): void {
    const { store } = this.#session;
    store.set({ air: { ...NONE, ...store.state.air, ...fields } });
  }
}

/** Says why the own broadcast was closed. */
export function closingText({ faults, endings }: Words, why: NonNullable<OwnAir['why']>): string {
  return faults[why] ?? (endings as Readonly<Record<string, string>>)[why] ?? '';
}

function open(kind: SourceKind, file?: File): Promise<Source> {
  if (kind === 'screen') return openScreen();
  return kind === 'file' && file ? openFile(file) : openCamera();
}

/** A broadcast that begins. */
const NONE: OwnAir = {
  id: '',
  kind: 'camera',
  status: 'opening',
  isCameraOff: false,
  isSilent: false,
  isSlow: false,
};
/** A line that is this far behind gets no more pictures for the moment, in milliseconds. */
const BEHIND_MS = 1_500;
const AGAIN_MS = 3_000;
/** A camera without a picture is opened again after this time, in milliseconds, this often. */
const FIRST_PICTURE_MS = 4_000;
const CAMERA_TRIES = 2;

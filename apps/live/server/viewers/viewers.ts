/** The viewers who are connected to this server: who watches what, and in which quality. */
import { LIMITS } from '../../shared/limits.js';
import type { OnAir, Quality, QualityWish } from '../../shared/protocol.js';
import { talkOf } from '../../shared/rooms.js';
import { attend, depart } from '../broadcasts/audience.js';
import type { LiveServer, LiveSocket } from '../live-server.js';
import type { Person } from '../people/people.js';
import type { Channels } from './channels.js';
import { QualityChooser } from './quality.js';

interface Viewer {
  readonly socket: LiveSocket;
  readonly person: Person;
  readonly id: string;
  qualities: readonly Quality[];
  readonly chooser: QualityChooser;
  wish: QualityWish;
  /** The room that the viewer is in, `undefined` if it is in no room. */
  quality: Quality | undefined;
  /** The lag that presence knows, in whole seconds. */
  lagSeconds: number;
}

/** All viewers of this server. Invariant: a viewer is in the room of at most one quality, of one broadcast. */
export class Viewers {
  readonly #io: LiveServer;
  readonly #channels: Channels;
  readonly #viewers = new Map<LiveSocket, Viewer>();

  constructor(io: LiveServer, channels: Channels) {
    this.#io = io;
    this.#channels = channels;
  }

  /** The broadcast that a socket watches. */
  watchedBy(socket: LiveSocket): string | undefined {
    return this.#viewers.get(socket)?.id;
  }

  /** Lets a socket watch a broadcast, instead of another one. */
  watch(socket: LiveSocket, person: Person, { id, qualities }: OnAir, wish: QualityWish): void {
    this.leave(socket);
    const chooser = new QualityChooser();
    const viewer: Viewer = { socket, person, id, qualities, chooser, wish, quality: undefined, lagSeconds: 0 };
    this.#viewers.set(socket, viewer);
    void socket.join(talkOf(id));
    this.#apply(viewer);
    if (!viewer.quality) this.#attend(viewer);
  }

  /** The broadcaster of a broadcast came with another connection, which may have other qualities. */
  offer(id: string, qualities: readonly Quality[]): void {
    for (const viewer of this.#viewers.values()) {
      if (viewer.id !== id) continue;
      viewer.qualities = qualities;
      this.#apply(viewer);
    }
  }

  /** Changes the wish of a viewer. Returns false for a socket that watches nothing. */
  wish(socket: LiveSocket, wish: QualityWish): boolean {
    const viewer = this.#viewers.get(socket);
    if (!viewer) return false;
    viewer.wish = wish;
    this.#apply(viewer);
    return true;
  }

  /** Ends the watching of a socket. */
  leave(socket: LiveSocket): void {
    const viewer = this.#viewers.get(socket);
    if (!viewer) return;
    this.#viewers.delete(socket);
    if (viewer.quality) this.#channels.leave(socket, viewer.id, viewer.quality);
    void socket.leave(talkOf(viewer.id));
    depart(this.#io, viewer.id, socket);
  }

  /** The sockets that watch a broadcast, or those of one person among them. */
  of(id: string, who?: string): LiveSocket[] {
    return [...this.#viewers.values()]
      .filter((viewer) => viewer.id === id && (who === undefined || viewer.person.card.id === who))
      .map(({ socket }) => socket);
  }

  /** Looks at the lag of everybody, and moves viewers between the qualities. To be called once a second. */
  tick(now: number): void {
    for (const viewer of this.#viewers.values()) {
      const lagMs = viewer.quality === undefined ? undefined : viewer.socket.lagMs;
      if (viewer.wish === 'auto' && viewer.chooser.see(lagMs, now)) this.#apply(viewer);
      const lagSeconds = Math.floor((lagMs ?? 0) / 1_000);
      const isNew =
        lagSeconds !== viewer.lagSeconds && Math.max(lagSeconds, viewer.lagSeconds) * 1_000 >= LIMITS.lateMs;
      viewer.lagSeconds = lagSeconds;
      if (isNew) this.#attend(viewer);
    }
  }

  #apply(viewer: Viewer): void {
    const wanted = viewer.wish === 'auto' ? viewer.chooser.quality : viewer.wish;
    // A program has one quality, which is for everybody.
    const [only] = viewer.qualities;
    const quality = wanted === 'none' ? undefined : viewer.qualities.includes(wanted) ? wanted : only;
    if (quality === viewer.quality) return;
    if (viewer.quality) this.#channels.leave(viewer.socket, viewer.id, viewer.quality);
    viewer.quality = quality;
    if (quality) this.#channels.enter(viewer.socket, viewer.id, quality);
    this.#attend(viewer);
  }

  #attend({ id, socket, person, quality, lagSeconds }: Viewer): void {
    attend(this.#io, id, socket, { card: person.card, quality: quality ?? 'high', lagMs: lagSeconds * 1_000 });
  }
}

/** Records WebM for the server, in browsers that cannot encode single frames. */
import { LIMITS } from '../../shared/limits.js';

/** The recorder of a broadcast. */
export class Recorder {
  readonly #send: (bytes: Uint8Array) => void;
  #recorder: MediaRecorder | undefined;

  /** `send` takes the parts of the stream, in their order. */
  constructor(send: (bytes: Uint8Array) => void) {
    this.#send = send;
  }

  /** Whether this browser can record WebM. */
  static get isAble(): boolean {
    return typeof MediaRecorder !== 'undefined' && MediaRecorder.isTypeSupported(TYPE);
  }

  /** Starts a new stream. A receiver needs its beginning, so each connection starts one. */
  start(stream: MediaStream): void {
    this.stop();
    const options = {
      mimeType: TYPE,
      videoBitsPerSecond: LIMITS.highBitrate,
      audioBitsPerSecond: LIMITS.soundBitrate,
      videoKeyFrameIntervalDuration: LIMITS.pageKeyMs,
    };
    const recorder = new MediaRecorder(stream, options);
    let sending = Promise.resolve();
    recorder.ondataavailable = ({ data }) => {
      // The bytes of a part are read in the order of the parts.
      sending = sending.then(async () => {
        const bytes = new Uint8Array(await data.arrayBuffer());
        if (this.#recorder !== recorder) return;
        for (let at = 0; at < bytes.length; at += LIMITS.frameBytesMax) {
          this.#send(bytes.subarray(at, at + LIMITS.frameBytesMax));
        }
      });
    };
    this.#recorder = recorder;
    recorder.start(PART_MS);
  }

  /** Ends. */
  stop(): void {
    const recorder = this.#recorder;
    this.#recorder = undefined;
    if (recorder && recorder.state !== 'inactive') recorder.stop();
  }
}

const TYPE = 'video/webm;codecs=vp8,opus';
const PART_MS = 100;

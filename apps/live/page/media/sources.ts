/** The sources of a broadcast: the camera, the screen, or a file. Each is a stream of the browser. */
import { LIMITS } from '../../shared/limits.js';
import type { SourceKind } from '../../shared/protocol.js';

/** An open source. */
export interface Source {
  readonly kind: SourceKind;
  readonly stream: MediaStream;
  close(): void;
}

/** Whether the browser offers cameras and screens here. It does so on localhost and over TLS only. */
export function isSecure(): boolean {
  return globalThis.isSecureContext && navigator.mediaDevices !== undefined;
}

/** Opens the camera with its microphone. Without a microphone, it opens the camera alone. */
export async function openCamera(): Promise<Source> {
  // A device with few cores has the page to show as well, so its camera gives smaller pictures.
  const lines = navigator.hardwareConcurrency > FEW_CORES ? LIMITS.highHeight : FEW_CORES_HEIGHT;
  const video = {
    width: { ideal: Math.round((lines * 16) / 9) },
    height: { ideal: lines },
    frameRate: { ideal: 30, max: 30 },
  };
  const audio = { echoCancellation: true, noiseSuppression: true };
  const stream = await navigator.mediaDevices.getUserMedia({ video, audio }).catch((error: unknown) => {
    // A computer without a microphone still has pictures.
    if (error instanceof DOMException && error.name === 'NotFoundError')
      return navigator.mediaDevices.getUserMedia({ video });
    throw error;
  });
  return sourceOf('camera', stream);
}

/** Opens the screen, a window or a tab, with its sound if the browser gives it. */
export async function openScreen(): Promise<Source> {
  const video = { frameRate: { ideal: 30, max: 30 } };
  return sourceOf('screen', await navigator.mediaDevices.getDisplayMedia({ video, audio: true }));
}

/** Plays a file of the disk, over and over. */
export async function openFile(file: File): Promise<Source> {
  const player = document.createElement('video') as HTMLVideoElement & { captureStream?(): MediaStream };
  const url = URL.createObjectURL(file);
  player.src = url;
  player.loop = true;
  player.playsInline = true;
  try {
    await player.play();
  } catch (error) {
    URL.revokeObjectURL(url);
    throw error;
  }
  const stream = player.captureStream?.();
  if (!stream || stream.getVideoTracks().length === 0) {
    URL.revokeObjectURL(url);
    throw new DOMException('The file has no pictures that this browser can play.', 'NotSupportedError');
  }
  // The broadcaster hears the viewers' picture only if wanted, so the file itself is silent here.
  player.volume = 0;
  return {
    kind: 'file',
    stream,
    close() {
      player.pause();
      stopAll(stream);
      URL.revokeObjectURL(url);
    },
  };
}

const FEW_CORES = 2;
const FEW_CORES_HEIGHT = 540;

function sourceOf(kind: SourceKind, stream: MediaStream): Source {
  return { kind, stream, close: () => stopAll(stream) };
}

function stopAll(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

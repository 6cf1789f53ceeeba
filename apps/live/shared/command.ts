/** The command that puts a program on air. The page shows it, and a test runs it. */

/** The options that make a stream of ffmpeg fit to be watched live: key frames each second, and nothing held back. */
export const LIVE_OPTIONS =
  '-c:v libvpx -deadline realtime -cpu-used 8 -b:v 1500k -r 30 -g 30 -keyint_min 30 -lag-in-frames 0 -auto-alt-ref 0 ' +
  '-c:a libopus -ac 2 -b:a 64k -flush_packets 1 -cluster_time_limit 100 -f webm -method POST';

/** The command for an address. `input` is what comes before the options. */
export function commandFor(url: string, input = '-re -i input.mp4'): string {
  return `ffmpeg ${input} ${LIVE_OPTIONS} ${url}`;
}

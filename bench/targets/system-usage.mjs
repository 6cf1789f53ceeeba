/** The CPU time and memory of other processes, as Linux counts them. */
import { readFileSync } from 'node:fs';

// Linux counts CPU time in hundredths of a second, and memory in pages.
const TICK_MS = 10;
const PAGE_BYTES = 4096;

/**
 * Returns the fields of /proc/<pid>/stat after the name, which may contain spaces: from the state on. @param {number |
 * string} pid
 */
export function statOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
  } catch {
    return [];
  }
}

/** Returns what processes have used so far, together. @param {readonly number[]} pids */
export function usageOf(pids) {
  let [userMs, systemMs, rssBytes] = [0, 0, 0];
  for (const pid of pids) {
    const fields = statOf(pid);
    userMs += ((fields[11] ?? 0) + (fields[13] ?? 0)) * TICK_MS;
    systemMs += ((fields[12] ?? 0) + (fields[14] ?? 0)) * TICK_MS;
    rssBytes += (fields[21] ?? 0) * PAGE_BYTES;
  }
  return { userMs, systemMs, rssBytes };
}

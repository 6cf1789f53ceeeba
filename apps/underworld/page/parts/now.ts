/** The current time, for the few parts that count down. */
import { useEffect, useState } from 'preact/hooks';

/** The current time. It moves every half second until `until`, and then stops. */
export function useNow(until: number): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    setNow(Date.now());
    if (until <= Date.now()) return undefined;
    const timer = setInterval(() => {
      setNow(Date.now());
      if (Date.now() >= until) clearInterval(timer);
    }, 500);
    return () => clearInterval(timer);
  }, [until]);
  return now;
}

/** The screen "Privacy": what the application keeps, where, and how long. Its numbers are the limits of the server. */
import { useArrival } from './arrival.js';
import { usePage } from './context.js';
import { Icon } from './icons.js';

/** The screen. */
export function KeptScreen() {
  const { words } = usePage();
  const heading = useArrival('kept');
  const [what, where, long] = words.keptHead;
  return (
    <main id="main" class="screen kept" tabIndex={-1}>
      <div class="kept-inner">
        <a class="quiet kept-back" href="#/">
          <Icon name="back" />
          {words.back}
        </a>
        <h1 ref={heading} tabIndex={-1}>
          {words.keptTitle}
        </h1>
        <p class="lead">{words.keptIntro}</p>
        <table>
          <thead>
            <tr>
              <th scope="col">{what}</th>
              <th scope="col">{where}</th>
              <th scope="col">{long}</th>
            </tr>
          </thead>
          <tbody>
            {words.keptRows.map(([thing, place, time]) => (
              <tr key={thing}>
                <th scope="row">{thing}</th>
                <td data-label={where}>{place}</td>
                <td data-label={long}>{time}</td>
              </tr>
            ))}
          </tbody>
        </table>
        <p>{words.keptNot}</p>
        <p>{words.keptOthers}</p>
      </div>
    </main>
  );
}

/** The colours that all fields have in common. They are dark in both themes, because it is always night down there. */

/** The colours. */
export const COLOURS = {
  void: '#05060a',
  rock: '#0d1018',
  night: 'rgb(3 4 7 / 52%)',
  floor: '#171c28',
  lamp: '#f2b45a',
  ink: '#eceef3',
  dark: '#0b0d12',
  bad: '#ff6b5e',
  shadow: 'rgb(3 4 7 / 76%)',
} as const;

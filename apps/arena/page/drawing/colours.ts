/** The colours of the field. It is dark in both themes, because the depot is always dark. */

/** The colours. */
export const COLOURS = {
  void: '#05060a',
  rock: '#0d1018',
  night: 'rgb(3 4 7 / 52%)',
  floor: '#171c28',
  lane: '#11151f',
  rail: '#3a4456',
  sleeper: '#212836',
  lamp: '#f2b45a',
  roof: '#262e3e',
  roofEdge: '#4a5468',
  roofLine: '#343d50',
  pillar: '#323b4d',
  ink: '#eceef3',
  dark: '#0b0d12',
  bad: '#ff6b5e',
  shadow: 'rgb(3 4 7 / 76%)',
} as const;

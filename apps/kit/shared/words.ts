/** The languages, and the parts of made-up names. A made-up name is never free text, so it cannot imitate anybody. */

/** The languages of the applications. */
export type Language = 'ko' | 'en';

/** A phrase in each language. */
export type Phrase = Readonly<Record<Language, string>>;

/** The count of colours that people and places have. */
export const HUES = 12;

/** First words of made-up names. */
export const ADJECTIVES: readonly Phrase[] = pairs(
  '고요한 Quiet,느긋한 Easy,푸른 Blue,먼 Distant,환한 Bright,작은 Little,따뜻한 Warm,낯선 Strange,부드러운 Soft,깊은 Deep,' +
    '맑은 Clear,졸린 Sleepy,바른 Upright,빠른 Quick,은빛 Silver,새벽 Dawn,한밤 Midnight,겨울 Winter,여름 Summer,가을 Autumn,' +
    '수줍은 Shy,용감한 Brave,다정한 Kind,엉뚱한 Odd,영리한 Clever,씩씩한 Hearty,차분한 Calm,젖은 Rainy,높은 High,오랜 Old,' +
    '가벼운 Light,조그만 Tiny,반짝이는 Gleaming,떠도는 Roaming,숨은 Hidden,둥근 Round,깨어난 Waking,꿈꾸는 Dreaming,노래하는 Singing,걷는 Walking',
);

/** Second words of made-up names. */
export const NOUNS: readonly Phrase[] = pairs(
  '왜가리 Heron,여우 Fox,고래 Whale,부엉이 Owl,수달 Otter,제비 Swallow,사슴 Deer,고슴도치 Hedgehog,나방 Moth,반딧불이 Firefly,' +
    '두루미 Crane,너구리 Raccoon,물총새 Kingfisher,살쾡이 Wildcat,거북이 Turtle,참새 Sparrow,토끼 Rabbit,오소리 Badger,까치 Magpie,달팽이 Snail,' +
    '바람 Wind,등불 Lantern,나침반 Compass,우산 Umbrella,조약돌 Pebble,구름 Cloud,파도 Wave,별 Star,혜성 Comet,버들 Willow,' +
    '소나무 Pine,단풍 Maple,안개 Mist,모래 Sand,종 Bell,연 Kite,배 Boat,등대 Lighthouse,기차 Train,다람쥐 Squirrel',
);

function pairs(list: string): readonly Phrase[] {
  return list.split(',').map((pair) => {
    const [ko = '', en = ''] = pair.split(' ');
    return { ko, en };
  });
}

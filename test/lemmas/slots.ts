import { type Algebra, type Condition, type Lemma, WAD, type Word } from "./algebra";

/** A part of a word: its lowest bit and its length. */
type Field = readonly [low: number, bits: number];

const POOL = { shares: [0, 120], flags: [120, 8], lost: [128, 64], liened: [192, 64] } as const;
const BUCKET = { shares: [0, 128], rate: [128, 64], opened: [192, 64] } as const;
const REGISTRATION: readonly Field[] = [
  [0, 16],
  [16, 48],
  [64, 64],
  [128, 48],
];
const ALLOCATION: readonly Field[] = [
  [0, 64],
  [64, 64],
  [128, 64],
  [192, 40],
  [232, 8],
  [240, 16],
];
const SLASH_STATE: readonly Field[] = [
  [0, 48],
  [48, 8],
  [56, 200],
];

/** The part of a word, as a word: shifted down and masked, as the code does. */
function read(z: Algebra, word: Word, [low, bits]: Field): Word {
  return word.lshr(z.wordOf(BigInt(low))).and(z.wordOf(2n ** BigInt(bits) - 1n));
}

/** Parts put side by side, as `PackedTypes` does. */
function packed(z: Algebra, parts: readonly Word[], fields: readonly Field[]): Word {
  return parts.reduce((word, part, at) => word.or(part.shl(z.wordOf(BigInt(fields[at]?.[0] ?? 0)))), z.wordOf(0n));
}

/** A word with one part replaced, as `withShares`, `withFlags` and `withRate` do. */
function replaced(z: Algebra, word: Word, [low, bits]: Field, value: Word): Word {
  const mask = (2n ** BigInt(bits) - 1n) << BigInt(low);
  return word.and(z.wordOf(mask).not()).or(value.shl(z.wordOf(BigInt(low))));
}

/** Whether one part of a word has become what is asked, and every other is as before. */
function onlyChanged(
  z: Algebra,
  before: Word,
  after: Word,
  fields: Readonly<Record<string, Field>>,
  changed: string,
  value: Word,
): Condition {
  return z.all(
    ...Object.entries(fields).map(([name, field]) =>
      read(z, after, field).eq(name === changed ? value : read(z, before, field)),
    ),
  );
}

/** Parts of any value, packed and read again; the twin leaves one of them longer than its field. */
function roundTrip(name: string, fields: readonly Field[], at: number): Lemma {
  return {
    name,
    twin: "one part is a bit longer than its field",
    claim: (z, twin) => {
      const parts = fields.map(([, bits], index) => {
        const part = z.word(`part${index}`);
        const length = BigInt(bits + (twin && index === at ? 1 : 0));
        z.assume(part.ult(z.wordOf(2n ** length)));
        return part;
      });
      const word = packed(z, parts, fields);
      return z.all(...fields.map((field, index) => read(z, word, field).eq(parts[index] ?? z.wordOf(0n))));
    },
  };
}

/** What `lose` and `hold` check: the magnitude is at most factor − liened, which no arithmetic has underflowed. */
function sure(z: Algebra, slot: Word): Word {
  const [lost, liened] = [read(z, slot, POOL.lost), read(z, slot, POOL.liened)];
  z.assume(lost.ule(z.wordOf(WAD)), liened.ule(z.wordOf(WAD)), lost.add(liened).ule(z.wordOf(WAD)));
  return z.wordOf(WAD).sub(lost).sub(liened);
}

/** An amount that fits a part together with what is there, or, in a twin, is one more. */
function fitting(z: Algebra, limit: Word, twin: boolean): Word {
  const amount = z.word("amount");
  z.assume(amount.ule(limit));
  if (twin) return amount.add(z.wordOf(1n));
  return amount;
}

/** Arithmetic on whole slots that is meant for one part of them. */
export const SLOTS: readonly Lemma[] = [
  roundTrip("registration-packs-and-unpacks", REGISTRATION, 2),
  roundTrip("allocation-packs-and-unpacks", ALLOCATION, 3),
  roundTrip("slash-state-packs-and-unpacks", SLASH_STATE, 0),
  {
    name: "pool-parts-are-replaced-alone",
    twin: "the shares are a bit longer",
    claim: (z, twin) => {
      const [slot, shares, flags] = [z.word("slot"), z.word("shares"), z.word("flags")];
      z.assume(shares.ult(z.wordOf(2n ** (twin ? 121n : 120n))), flags.ult(z.wordOf(256n)));
      const withShares = slot.lshr(z.wordOf(120n)).shl(z.wordOf(120n)).or(shares);
      const withFlags = replaced(z, slot, POOL.flags, flags);
      return z.all(
        onlyChanged(z, slot, withShares, POOL, "shares", shares),
        onlyChanged(z, slot, withFlags, POOL, "flags", flags),
      );
    },
  },
  ...(["lost", "liened"] as const).map((part): Lemma => ({
    name: part === "lost" ? "pool-loses-alone" : "pool-holds-alone",
    twin: "nobody checks the magnitude",
    claim: (z, twin) => {
      const [slot, magnitude] = [z.word("slot"), z.word("magnitude")];
      const most = sure(z, slot);
      if (!twin) z.assume(magnitude.ule(most));
      const after = slot.add(magnitude.shl(z.wordOf(BigInt(POOL[part][0]))));
      return onlyChanged(z, slot, after, POOL, part, read(z, slot, POOL[part]).add(magnitude));
    },
  })),
  {
    name: "pool-unholds-alone",
    twin: "one more than is held",
    claim: (z, twin) => {
      const slot = z.word("slot");
      sure(z, slot);
      const liened = read(z, slot, POOL.liened);
      const magnitude = fitting(z, liened, twin);
      const after = slot.sub(magnitude.shl(z.wordOf(192n)));
      return z.all(
        onlyChanged(z, slot, after, POOL, "liened", liened.sub(magnitude)),
        read(z, after, POOL.liened).ule(liened),
      );
    },
  },
  {
    name: "bucket-shares-change-alone",
    twin: "one share more than fits",
    claim: (z, twin) => {
      const slot = z.word("slot");
      const shares = read(z, slot, BUCKET.shares);
      const added = fitting(z, z.wordOf(2n ** 128n - 1n).sub(shares), twin);
      const removed = z.word("removed");
      z.assume(removed.ule(shares));
      return z.all(
        onlyChanged(z, slot, slot.add(added), BUCKET, "shares", shares.add(added)),
        onlyChanged(z, slot, slot.sub(removed), BUCKET, "shares", shares.sub(removed)),
      );
    },
  },
  {
    name: "bucket-rate-changes-alone",
    twin: "a lien takes one more than the rate",
    claim: (z, twin) => {
      const [slot, raised, set] = [z.word("slot"), z.word("raised"), z.word("set")];
      const rate = read(z, slot, BUCKET.rate);
      const lowered = fitting(z, rate, twin);
      z.assume(rate.ule(z.wordOf(WAD)), raised.ule(z.wordOf(WAD).sub(rate)), set.ule(z.wordOf(WAD)));
      const by = (magnitude: Word): Word => magnitude.shl(z.wordOf(128n));
      return z.all(
        onlyChanged(z, slot, slot.add(by(raised)), BUCKET, "rate", rate.add(raised)),
        onlyChanged(z, slot, slot.sub(by(lowered)), BUCKET, "rate", rate.sub(lowered)),
        onlyChanged(z, slot, replaced(z, slot, BUCKET.rate, set), BUCKET, "rate", set),
      );
    },
  },
  {
    name: "bucket-opens-and-closes-alone",
    twin: "one more is closed than is open",
    claim: (z, twin) => {
      const [slot, more] = [z.word("slot"), z.word("more")];
      const opened = read(z, slot, BUCKET.opened);
      const closed = fitting(z, opened, twin);
      z.assume(opened.ule(z.wordOf(WAD)), more.ule(z.wordOf(WAD).sub(opened)));
      const by = (magnitude: Word): Word => magnitude.shl(z.wordOf(192n));
      return z.all(
        onlyChanged(z, slot, slot.add(by(more)), BUCKET, "opened", opened.add(more)),
        onlyChanged(z, slot, slot.sub(by(closed)), BUCKET, "opened", opened.sub(closed)),
      );
    },
  },
];

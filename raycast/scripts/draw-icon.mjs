// Draws assets/icon.png: silence, then speech. `npm run icon`. Nothing but Node is needed.
import { writeFileSync } from "node:fs";
import { deflateSync } from "node:zlib";

const SIZE = 512;

/** Where lines of the sound stand, in pixels, and how high they are: it begins at once. */
const LINES = [
  [148, 28],
  [196, 300],
  [244, 208],
  [292, 256],
  [340, 132],
  [388, 68],
];

const THICK = 28;

const TOP = [21, 94, 117];
const BOTTOM = [12, 42, 66];
const SOUND = [255, 255, 255];
const ONSET = [253, 186, 59];

/** Signed distance to a box with round corners: negative inside. */
function roundedBox(x, y, halfWidth, halfHeight, radius) {
  const dx = Math.abs(x) - halfWidth + radius;
  const dy = Math.abs(y) - halfHeight + radius;
  return Math.hypot(Math.max(dx, 0), Math.max(dy, 0)) + Math.min(Math.max(dx, dy), 0) - radius;
}

/** How much of a pixel is covered, by its distance to the edge. */
const coverage = (distance) => Math.min(1, Math.max(0, 0.5 - distance));

const blend = (under, over, share) => under.map((value, i) => value + (over[i] - value) * share);

function pixel(x, y) {
  const middle = SIZE / 2;
  const alpha = coverage(roundedBox(x - middle, y - middle, 244, 244, 112));
  let colour = blend(TOP, BOTTOM, y / SIZE);
  LINES.forEach(([at, height], index) => {
    const distance = roundedBox(x - at + 12, y - middle, THICK / 2, Math.max(height, THICK) / 2, THICK / 2);
    colour = blend(colour, index === 1 ? ONSET : SOUND, coverage(distance));
  });
  return [...colour.map(Math.round), Math.round(255 * alpha)];
}

function chunk(name, data) {
  const body = Buffer.concat([Buffer.from(name, "latin1"), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc(body), framed.length - 4);
  return framed;
}

/** CRC-32 as PNG wants it. */
function crc(bytes) {
  let value = 0xffffffff;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit++) {
      value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
    }
  }
  return ~value >>> 0;
}

const rows = Array.from({ length: SIZE }, (_, y) =>
  Buffer.from([0, ...Array.from({ length: SIZE }, (_, x) => pixel(x + 0.5, y + 0.5)).flat()]),
);
const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 6, 0, 0, 0]);
header.writeUInt32BE(SIZE, 0);
header.writeUInt32BE(SIZE, 4);
const png = Buffer.concat([
  Buffer.from("89504e470d0a1a0a", "hex"),
  chunk("IHDR", header),
  chunk("IDAT", deflateSync(Buffer.concat(rows), { level: 9 })),
  chunk("IEND", Buffer.alloc(0)),
]);
writeFileSync(new URL("../assets/icon.png", import.meta.url), png);

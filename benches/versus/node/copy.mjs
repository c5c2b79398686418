// What a Node.js program would do: `node copy.mjs FROM TO [defaults]`, an end being `-`, `tcp:PORT` or a path.
// Streams have a high-water mark of 1 MiB, or that of Node.js with `defaults`.
import { createReadStream, createWriteStream } from 'node:fs';
import { connect, Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';

const [from, to, marks] = process.argv.slice(2);
const options = marks === 'defaults' ? {} : { highWaterMark: 1 << 20 };
const tcp = (end) => connect({ ...options, host: '127.0.0.1', port: Number(end.slice('tcp:'.length)) });

// `process.stdin` takes no mark; a file stream over the same pipe takes one, and is slower.
const stdin = () => new Socket({ ...options, fd: 0, readable: true, writable: false });
const source = (end) => (end === '-' ? stdin() : end.startsWith('tcp:') ? tcp(end) : createReadStream(end, options));
const sink = (end) => (end === '-' ? process.stdout : end.startsWith('tcp:') ? tcp(end) : createWriteStream(end, options));

await pipeline(source(from), sink(to));

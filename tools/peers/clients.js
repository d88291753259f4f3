// Opens WebSockets and Socket.IO connections through the proxies at two ports, and prints a line for each thing tried and
// what came of it. FRONT is set up for WebSockets, BARE is not.
//
//   node clients.js FRONT BARE
import assert from "node:assert";
import { once } from "node:events";
import { io } from "socket.io-client";
import WebSocket from "ws";

const [front, bare] = process.argv.slice(2).map((port) => `127.0.0.1:${port}`);

/** within rejects where a promise takes too long. */
function within(promise, what, limit = 10000) {
  let timer;
  const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error(`${what}: nothing came`)), limit)));
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** next waits for an event; its arguments are the result. */
const next = (emitter, event) => within(once(emitter, event), event);

async function open(at, protocols = [], options = {}) {
  const socket = new WebSocket(`ws://${at}`, protocols, options);
  await next(socket, "open");
  return socket;
}

async function echo(socket, message) {
  const answer = next(socket, "message");
  socket.send(message);
  return (await answer)[0];
}

const plays = {
  async "ws: text"() {
    const socket = await open(`${front}/ws`);
    const answer = await echo(socket, "grüße");
    socket.terminate();
    return answer.toString();
  },
  async "ws: binary, 1 MB, compressed"() {
    const socket = await open(`${front}/ws`);
    const message = Buffer.alloc(1 << 20, "0123456789abcde");
    const answer = await echo(socket, message);
    const extensions = socket.extensions;
    socket.terminate();
    return `${answer.equals(message)}, ${answer.length} bytes, ${extensions}`;
  },
  async "ws: binary, 1 MB, as it is"() {
    const socket = await open(`${front}/ws`, [], { perMessageDeflate: false });
    const message = Buffer.alloc(1 << 20);
    for (let i = 0; i < message.length; i++) message[i] = (i * i) >> 3;
    const answer = await echo(socket, message);
    const extensions = socket.extensions;
    socket.terminate();
    return `${answer.equals(message)}, ${answer.length} bytes, extensions ${JSON.stringify(extensions)}`;
  },
  async "ws: ping by the client"() {
    const socket = await open(`${front}/ws`);
    const pong = next(socket, "pong");
    socket.ping("hello");
    const [payload] = await pong;
    socket.terminate();
    return `pong ${payload}`;
  },
  async "ws: ping by the server"() {
    const socket = await open(`${front}/ws`);
    const answer = await echo(socket, "ping");
    socket.terminate();
    return answer.toString();
  },
  async "ws: close by the client"() {
    const socket = await open(`${front}/ws`);
    const closed = next(socket, "close");
    socket.close(4000, "done here");
    const [code, reason] = await closed;
    const other = await open(`${front}/ws`);
    const seen = await echo(other, "closed");
    other.terminate();
    return `the client sees ${code} ${reason}, the server ${seen}`;
  },
  async "ws: close by the server"() {
    const socket = await open(`${front}/ws`);
    const closed = next(socket, "close");
    socket.send("close");
    const [code, reason] = await closed;
    return `${code} ${reason}`;
  },
  async "ws: subprotocol"() {
    const socket = await open(`${front}/ws`, ["other", "chat"]);
    const { protocol } = socket;
    socket.terminate();
    return protocol;
  },
  async "ws: head at the server"() {
    const socket = await open(`${front}/ws`, [], { origin: "http://a.example", headers: { Cookie: "a=b" } });
    const head = JSON.parse(await echo(socket, "head"));
    socket.terminate();
    const { upgrade, connection, host, origin, cookie } = head;
    assert.strictEqual(host, "127.0.0.1");
    return JSON.stringify({ upgrade, connection, origin, cookie, forwarded: head["x-forwarded-for"] });
  },
  async "ws: refused by the server"() {
    const socket = new WebSocket(`ws://${front}/ws?refused`);
    socket.on("error", () => {});
    const [, response] = await next(socket, "unexpected-response");
    return `${response.statusCode}`;
  },
  async "ws: 100 at once"() {
    const sockets = await Promise.all(Array.from({ length: 100 }, () => open(`${front}/ws`)));
    const answers = await Promise.all(sockets.map((socket, i) => echo(socket, `${i}`)));
    sockets.forEach((socket) => socket.terminate());
    return `${answers.filter((answer, i) => answer.toString() === `${i}`).length} echoes`;
  },
  async "ws: where nothing is set up"() {
    const socket = new WebSocket(`ws://${bare}/ws`);
    socket.on("error", () => {});
    const [, response] = await next(socket, "unexpected-response");
    return `${response.statusCode}`;
  },
  "socket.io: polling, then upgrade": () => talk(front, ["polling", "websocket"]),
  "socket.io: websocket only": () => talk(front, ["websocket"]),
  "socket.io: polling only": () => talk(front, ["polling"]),
  async "socket.io: polling, where nothing is set up"() {
    const socket = connect(bare, ["polling", "websocket"]);
    const upgraded = new Promise((resolve) => socket.io.engine.once("upgradeError", () => resolve("the upgrade fails")).once("upgrade", () => resolve("upgraded")));
    await next(socket, "connect");
    const outcome = await within(upgraded, "an upgrade");
    const answer = await within(socket.timeout(5000).emitWithAck("ask", 1), "an answer");
    socket.close();
    return `${outcome}, ${answer.transport} goes on`;
  },
  async "socket.io: websocket only, where nothing is set up"() {
    const socket = connect(bare, ["websocket"]);
    const [error] = await next(socket, "connect_error");
    socket.close();
    return `${error.type}`;
  },
  async "socket.io: everyone is told"() {
    const all = ["polling", "websocket"].map((transport) => connect(front, [transport]));
    await Promise.all(all.map((socket) => next(socket, "connect")));
    const heard = Promise.all(all.map((socket) => next(socket, "heard")));
    all[0].emit("shout", "hear");
    const words = (await heard).flat();
    all.forEach((socket) => socket.close());
    return words.join(", ");
  },
  async "socket.io: the server ends it"() {
    const socket = connect(front, ["websocket"]);
    await next(socket, "connect");
    const ended = next(socket, "disconnect");
    socket.emit("leave");
    const [reason] = await ended;
    socket.close();
    return reason;
  },
};

function connect(at, transports) {
  return io(`http://${at}`, { transports, reconnection: false, forceNew: true });
}

/** talk sends messages each way, and tells the transports that carried them. */
async function talk(at, transports) {
  const socket = connect(at, transports);
  const seen = [];
  const engine = socket.io.engine;
  engine.once("open", () => seen.push(engine.transport.name));
  engine.once("upgrade", (transport) => seen.push(transport.name));
  const upgraded = transports.length > 1 ? next(engine, "upgrade") : Promise.resolve();
  const [word] = await next(socket, "welcome");
  await upgraded;
  const answer = await within(socket.timeout(5000).emitWithAck("ask", "from the client"), "an answer");
  const bytes = Buffer.alloc(1 << 20, "bytes");
  const back = await within(socket.timeout(5000).emitWithAck("bytes", bytes), "bytes");
  await next(engine, "heartbeat"); // the server's ping, 300 ms apart
  socket.close();
  return `${seen.join(" → ")}; ${word}; ${answer.value} by ${answer.transport}; ${Buffer.compare(bytes, Buffer.from(back)) === 0}`;
}

let failed = 0;
for (const [name, play] of Object.entries(plays)) {
  try {
    console.log(`${name}: ${await play()}`);
  } catch (error) {
    failed++;
    console.log(`${name}: FAILED: ${error.message}`);
  }
}
process.exit(failed ? 1 : 0);

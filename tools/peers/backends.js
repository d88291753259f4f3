// Starts a ws and a Socket.IO server on loopback ports, and prints `WS SOCKETIO FRONT BARE`: their ports, and two free
// ones for the proxy. It ends when its standard input does.
import { createServer } from "node:http";
import { createServer as createListener } from "node:net";
import { Server } from "socket.io";
import { WebSocketServer } from "ws";

const listening = (server, port = 0) =>
  new Promise((resolve, reject) => server.once("error", reject).listen(port, "127.0.0.1", () => resolve(server.address().port)));

const web = createServer((request, response) => response.end("a page"));
const sockets = new WebSocketServer({
  server: web,
  perMessageDeflate: { threshold: 0 },
  maxPayload: 4 << 20,
  handleProtocols: (offered) => (offered.has("chat") ? "chat" : false),
  verifyClient: ({ req }, done) => done(!req.url.includes("refused"), 403, "Forbidden"),
});
let closed = "";
sockets.on("connection", (socket, request) => {
  socket.on("error", () => {}); // what a bad client does is seen by its close code
  socket.on("pong", (payload) => socket.send(`ponged ${payload}`));
  socket.on("close", (code, reason) => (closed = `${code} ${reason}`));
  socket.on("message", (message, binary) => {
    const text = binary ? "" : message.toString();
    if (text === "close") socket.close(4001, "as asked for");
    else if (text === "ping") socket.ping("are you there");
    else if (text === "closed") socket.send(closed);
    else if (text === "head") socket.send(JSON.stringify(request.headers));
    else socket.send(message, { binary });
  });
});

const pages = createServer();
const io = new Server(pages, { pingInterval: 300, pingTimeout: 2000, maxHttpBufferSize: 4 << 20 });
io.on("connection", (socket) => {
  socket.on("ask", (value, answer) => answer({ value, transport: socket.conn.transport.name }));
  socket.on("shout", (text) => io.emit("heard", text));
  socket.on("bytes", (bytes, answer) => answer(bytes));
  socket.on("leave", () => socket.disconnect(true));
  socket.emit("welcome", "from the server");
});

// Below the ports that the kernel gives to outgoing connections.
async function freePort() {
  for (;;) {
    const port = 20000 + Math.floor(Math.random() * 10000);
    const probe = createListener();
    try {
      await listening(probe, port);
    } catch {
      continue;
    }
    await new Promise((resolve) => probe.close(resolve));
    return port;
  }
}

console.log(await listening(web), await listening(pages), await freePort(), await freePort());
process.stdin.resume().on("end", () => process.exit(0));

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""camera.py ADDRESS: a camera. ffmpeg makes and packs the picture, this speaks RTSP for it on ADDRESS:554.

One H.264 stream, sent inside of the RTSP connection (RTP/AVP/TCP, RFC 2326 section 10.12), which is what recorders ask of cameras
behind a firewall: the recorder opens one TCP connection, and nothing comes the other way unasked.
"""
import asyncio
import signal
import sys

SDP = ("v=0\r\no=- 0 0 IN IP4 {a}\r\ns=cam\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\na=control:*\r\n"
       "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\na=control:track0\r\n")
viewers = set()


class Picture(asyncio.DatagramProtocol):
    def datagram_received(self, data, _):
        for viewer in list(viewers):
            if viewer.transport.get_write_buffer_size() < 1 << 20:  # a viewer that does not read loses frames, as in life
                viewer.write(b"$\0" + len(data).to_bytes(2, "big") + data)


async def read_request(reader):
    """Skips the viewer's RTCP, which comes in the same connection."""
    while True:
        first = await reader.readexactly(1)
        if first == b"$":
            head = await reader.readexactly(3)
            await reader.readexactly(int.from_bytes(head[1:], "big"))
        elif first not in b"\r\n":
            lines = (first + await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
            return lines[0].split()[0], {k.lower(): v for k, v in headers.items()}


def answer(method, headers, address):
    if method == "OPTIONS":
        return "200 OK", ["Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER"], ""
    if method == "DESCRIBE":
        return "200 OK", ["Content-Type: application/sdp"], SDP.format(a=address)
    if method == "SETUP":
        if "TCP" not in headers.get("transport", ""):
            return "461 Unsupported Transport", [], ""
        return "200 OK", ["Transport: RTP/AVP/TCP;unicast;interleaved=0-1", "Session: 1"], ""
    if method in ("PLAY", "TEARDOWN", "GET_PARAMETER"):
        return "200 OK", ["Session: 1"], ""
    return "501 Not Implemented", [], ""


async def serve(reader, writer, address):
    try:
        while True:
            method, headers = await read_request(reader)
            status, extra, body = answer(method, headers, address)
            lines = [f"RTSP/1.0 {status}", f"CSeq: {headers.get('cseq', '0')}", *extra]
            if body:
                lines.append(f"Content-Length: {len(body)}")
            writer.write(("\r\n".join(lines) + "\r\n\r\n" + body).encode())
            await writer.drain()
            if method == "PLAY":
                viewers.add(writer)
            if method == "TEARDOWN":
                break
    except (asyncio.IncompleteReadError, ConnectionError, asyncio.LimitOverrunError):
        pass
    viewers.discard(writer)
    writer.close()


async def main(address):
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Picture, local_addr=("127.0.0.1", 0))
    port = transport.get_extra_info("sockname")[1]
    ffmpeg = await asyncio.create_subprocess_exec(
        "ffmpeg", "-hide_banner", "-loglevel", "error", "-nostdin", "-re", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=15",
        "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "8", "-pix_fmt", "yuv420p", "-b:v", "400k",
        "-payload_type", "96", "-f", "rtp", f"rtp://127.0.0.1:{port}?pkt_size=1200", stdout=asyncio.subprocess.DEVNULL)
    server = await asyncio.start_server(lambda r, w: serve(r, w, address), address, 554)
    stop = loop.create_future()
    for sig in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sig, lambda: stop.done() or stop.set_result(None))
    print("ready", flush=True)
    await asyncio.wait({stop, asyncio.ensure_future(ffmpeg.wait())}, return_when=asyncio.FIRST_COMPLETED)
    if ffmpeg.returncode is None:
        ffmpeg.terminate()
        await ffmpeg.wait()
    server.close()


asyncio.run(main(sys.argv[1]))

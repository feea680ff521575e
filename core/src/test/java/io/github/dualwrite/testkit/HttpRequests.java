package io.github.dualwrite.testkit;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Takes a stream of HTTP/1.1 requests apart: those with a content length, as clients of web services send them. */
final class HttpRequests {

    /** Gets one request after the other. */
    interface Each {
        void request(byte[] request) throws IOException, InterruptedException;
    }

    private static final Pattern LENGTH = Pattern.compile("(?im)^content-length:\\s*(\\d+)\\s*$");
    private static final int HEADER_LIMIT = 64 * 1024;

    private HttpRequests() {}

    static void each(InputStream stream, Each each) throws IOException, InterruptedException {
        InputStream in = new BufferedInputStream(stream);
        for (byte[] request = next(in); request.length > 0; request = next(in)) {
            each.request(request);
        }
    }

    /** The next request with its body; nothing at the end. */
    private static byte[] next(InputStream in) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(1024);
        int ended = 0; // how much of \r\n\r\n was seen
        while (ended < 4) {
            int read = in.read();
            if (read < 0) {
                return new byte[0];
            }
            bytes.write(read);
            ended = read == (ended % 2 == 0 ? '\r' : '\n') ? ended + 1 : read == '\r' ? 1 : 0;
            if (bytes.size() > HEADER_LIMIT) {
                throw new IOException("the header of a request does not end");
            }
        }
        Matcher length = LENGTH.matcher(bytes.toString(StandardCharsets.ISO_8859_1));
        if (length.find()) {
            bytes.write(in.readNBytes(Integer.parseInt(length.group(1))));
        }
        return bytes.toByteArray();
    }
}

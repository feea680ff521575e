package io.github.dualwrite.verify;

import io.github.dualwrite.routing.KeyText;
import java.nio.ByteBuffer;
import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * A hash of 128 bits of a key's text and the {@linkplain NormalForm normal form} of its record: the first half of SHA-256, which the JDK
 * brings and computes in hardware, and for which nobody can make two records that collide. Not safe for use by many threads.
 */
final class RecordDigest {

    /** The hash of one record. */
    record Hash(long high, long low) {}

    private final NormalForm form;
    private final MessageDigest sha;
    private final FormBuffer buffer = new FormBuffer();
    private final byte[] out = new byte[32];

    RecordDigest(NormalForm form) {
        this.form = form;
        try {
            this.sha = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) { // every JDK must have it
            throw new IllegalStateException(e);
        }
    }

    Hash of(Object key, Object value) {
        buffer.clear();
        buffer.writeText(KeyText.of(key));
        form.write(buffer, value);
        sha.update(buffer.array(), 0, buffer.length());
        try {
            int unused = sha.digest(out, 0, out.length);
        } catch (DigestException e) { // 32 bytes are enough
            throw new IllegalStateException(e);
        }
        ByteBuffer bytes = ByteBuffer.wrap(out);
        return new Hash(bytes.getLong(), bytes.getLong());
    }
}

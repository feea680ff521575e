package io.github.dualwrite.verify;

import java.util.Arrays;

/** Bytes that grow. Texts are written so that no two are the same bytes, lone surrogates included, which UTF-8 cannot tell apart. */
final class FormBuffer {

    private byte[] bytes = new byte[512];
    private int length;

    void clear() {
        length = 0;
    }

    int length() {
        return length;
    }

    byte[] array() {
        return bytes;
    }

    /** Takes away and returns what was written since a length. */
    byte[] cut(int from) {
        byte[] tail = Arrays.copyOfRange(bytes, from, length);
        length = from;
        return tail;
    }

    void writeByte(int value) {
        room(1);
        bytes[length++] = (byte) value;
    }

    void writeInt(int value) {
        room(4);
        length += 4;
        setInt(length - 4, value);
    }

    void setInt(int at, int value) {
        for (int i = 0; i < 4; i++) {
            bytes[at + i] = (byte) (value >>> (24 - 8 * i));
        }
    }

    void writeLong(long value) {
        writeInt((int) (value >>> 32));
        writeInt((int) value);
    }

    void write(byte[] value) {
        room(value.length);
        System.arraycopy(value, 0, bytes, length, value.length);
        length += value.length;
    }

    /** The number of UTF-16 code units, then each of them in one to three bytes. */
    void writeText(String text) {
        int units = text.length();
        writeInt(units);
        room(3 * units);
        for (int i = 0; i < units; i++) {
            char unit = text.charAt(i);
            if (unit < 0x80) {
                bytes[length++] = (byte) unit;
            } else {
                if (unit < 0x800) {
                    bytes[length++] = (byte) (0xc0 | (unit >>> 6));
                } else {
                    bytes[length++] = (byte) (0xe0 | (unit >>> 12));
                    bytes[length++] = (byte) (0x80 | ((unit >>> 6) & 0x3f));
                }
                bytes[length++] = (byte) (0x80 | (unit & 0x3f));
            }
        }
    }

    private void room(int more) {
        if (bytes.length - length < more) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, Math.addExact(length, more)));
        }
    }
}

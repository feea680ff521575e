package io.github.dualwrite.verify;

import io.github.dualwrite.spi.Split;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.InflaterInputStream;
import org.jspecify.annotations.Nullable;

/** A checkpoint as text: a line that says what it is, then its parts, packed and in base 64. What was cut off or changed is noticed. */
final class CheckpointText {

    /** The number changes with what is in it, the form of records included: sums of different forms are not comparable. */
    private static final String HEAD = "dualwrite verification checkpoint 2\n";

    /** As much as the sums of both sides in the most buckets, and many times what splits, samples and counts come to. */
    private static final long MOST_BYTES = 48L * VerificationSettings.MOST_BUCKETS + (64 << 20);

    private CheckpointText() {}

    static String of(Checkpoint checkpoint) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(new DeflaterOutputStream(bytes))) {
            out.writeInt(checkpoint.print().size());
            for (Map.Entry<String, String> entry : checkpoint.print().entrySet()) {
                text(out, entry.getKey());
                text(out, entry.getValue());
            }
            Instant started = checkpoint.started();
            out.writeLong(started.getEpochSecond());
            out.writeInt(started.getNano());
            out.writeLong(checkpoint.elapsed().toNanos());
            out.writeInt(checkpoint.runs());
            part(out, checkpoint.authority());
            part(out, checkpoint.follower());
            out.writeInt(checkpoint.unreadableSamples().size());
            for (Unreadable one : checkpoint.unreadableSamples()) {
                text(out, one.side().name());
                text(out, one.shown().toString());
                text(out, one.reason());
            }
            out.writeInt(checkpoint.passes().size());
            for (Map.Entry<Integer, Counts> pass : checkpoint.passes().entrySet()) {
                out.writeInt(pass.getKey());
                counts(out, pass.getValue());
            }
        } catch (IOException e) { // there is no medium that could fail
            throw new UncheckedIOException(e);
        }
        return HEAD + Base64.getMimeEncoder().encodeToString(bytes.toByteArray());
    }

    /**
     * Reads it back.
     *
     * @throws IOException if it is none, or not whole
     */
    static Checkpoint parse(String text) throws IOException {
        if (!text.startsWith(HEAD)) {
            throw new IOException("it is no checkpoint of a verification, or one of another version of the library");
        }
        try (DataInputStream in = whole(Base64.getMimeDecoder().decode(text.substring(HEAD.length())))) {
            Map<String, String> print = new LinkedHashMap<>();
            for (int i = in.readInt(); i > 0; i--) {
                print.put(text(in), text(in));
            }
            Instant started = Instant.ofEpochSecond(in.readLong(), in.readInt());
            Duration elapsed = Duration.ofNanos(in.readLong());
            int runs = in.readInt();
            Checkpoint.Part authority = part(in);
            Checkpoint.Part follower = part(in);
            List<Unreadable> unreadable = new ArrayList<>();
            for (int i = in.readInt(); i > 0; i--) {
                unreadable.add(new Unreadable(Side.valueOf(text(in)), text(in), text(in)));
            }
            Map<Integer, Counts> passes = new HashMap<>();
            for (int i = in.readInt(); i > 0; i--) {
                passes.put(in.readInt(), counts(in));
            }
            if (in.read() >= 0) {
                throw new IOException("there is more than belongs to it");
            }
            return new Checkpoint(print, started, elapsed, runs, authority, follower, unreadable, passes);
        } catch (IOException | RuntimeException e) {
            throw new IOException("it is damaged", e);
        }
    }

    /**
     * Unpacked, after all of it was seen to be what was packed: the check sum comes last, and what is read before it was looked at may say
     * that there are billions of something.
     */
    private static DataInputStream whole(byte[] packed) throws IOException {
        try (InputStream unpacked = unpacked(packed)) {
            long bytes = 0;
            byte[] some = new byte[8192];
            for (int n = unpacked.read(some); n >= 0; n = unpacked.read(some)) {
                bytes += n;
                if (bytes > MOST_BYTES) {
                    throw new IOException("it is larger than any checkpoint");
                }
            }
        }
        return new DataInputStream(unpacked(packed));
    }

    private static InputStream unpacked(byte[] packed) {
        return new InflaterInputStream(new ByteArrayInputStream(packed));
    }

    private static void part(DataOutputStream out, Checkpoint.Part part) throws IOException {
        out.writeInt(part.splits().size());
        for (Checkpoint.Position position : part.splits()) {
            text(out, position.split().range());
            String after = position.after();
            out.writeBoolean(after != null);
            if (after != null) {
                text(out, after);
            }
            out.writeBoolean(position.done());
        }
        out.writeLong(part.rows());
        out.writeLong(part.unreadable());
        part.sums().write(out);
    }

    private static Checkpoint.Part part(DataInputStream in) throws IOException {
        List<Checkpoint.Position> splits = new ArrayList<>();
        for (int i = in.readInt(); i > 0; i--) {
            Split split = new Split(text(in));
            @Nullable String after = in.readBoolean() ? text(in) : null;
            splits.add(new Checkpoint.Position(split, after, in.readBoolean()));
        }
        long rows = in.readLong();
        long unreadable = in.readLong();
        return new Checkpoint.Part(splits, BucketSums.read(in), rows, unreadable);
    }

    private static void counts(DataOutputStream out, Counts counts) throws IOException {
        out.writeLong(counts.matching());
        out.writeLong(counts.undecided());
        numbers(out, counts.differences());
        numbers(out, counts.causes());
        numbers(out, counts.fields());
        out.writeBoolean(counts.whole());
    }

    private static Counts counts(DataInputStream in) throws IOException {
        long matching = in.readLong();
        long undecided = in.readLong();
        Map<Difference, Long> differences = new HashMap<>();
        numbers(in).forEach((name, count) -> differences.put(Difference.valueOf(name), count));
        Map<Cause, Long> causes = new HashMap<>();
        numbers(in).forEach((name, count) -> causes.put(Cause.valueOf(name), count));
        return new Counts(matching, undecided, differences, causes, numbers(in), in.readBoolean());
    }

    private static void numbers(DataOutputStream out, Map<?, Long> numbers) throws IOException {
        out.writeInt(numbers.size());
        for (Map.Entry<?, Long> number : numbers.entrySet()) {
            text(
                    out,
                    number.getKey() instanceof Enum<?> name
                            ? name.name()
                            : number.getKey().toString());
            out.writeLong(number.getValue());
        }
    }

    private static Map<String, Long> numbers(DataInputStream in) throws IOException {
        Map<String, Long> numbers = new HashMap<>();
        for (int i = in.readInt(); i > 0; i--) {
            numbers.put(text(in), in.readLong());
        }
        return numbers;
    }

    /** Character by character: a key may hold half of a surrogate pair, of which no charset makes bytes. */
    private static void text(DataOutputStream out, String text) throws IOException {
        out.writeInt(text.length());
        out.writeChars(text);
    }

    private static String text(DataInputStream in) throws IOException {
        int length = in.readInt();
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.append(in.readChar());
        }
        return text.toString();
    }
}

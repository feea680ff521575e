package io.github.dualwrite.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.github.dualwrite.spi.BucketDigest;
import io.github.dualwrite.spi.Split;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.zip.DeflaterOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of a checkpoint that was damaged where it was kept. */
class CheckpointTextTest {

    private static Checkpoint checkpoint() {
        BucketSums sums = new BucketSums(4);
        sums.add(List.of(new BucketDigest(2, 7, 0x1234_5678_9ABC_DEF0L, 42)));
        return new Checkpoint(
                Map.of("repository", "orders"),
                Instant.ofEpochSecond(1_700_000_000, 5),
                Duration.ofMinutes(3),
                2,
                new Checkpoint.Part(List.of(new Checkpoint.Position(new Split("all"), "k41", false)), sums, 7, 1),
                new Checkpoint.Part(
                        List.of(new Checkpoint.Position(new Split("all"), null, true)), new BucketSums(4), 0, 0),
                List.of(new Unreadable(Side.AUTHORITY, "k3", "no number")),
                Map.of(0, new Counts(5, 0, Map.of(Difference.MISSING, 1L), Map.of(Cause.UNKNOWN, 1L), Map.of(), true)));
    }

    /** {@code null} if it is refused. An error would end all tests. */
    private static @Nullable Checkpoint parsed(String text) {
        try {
            return CheckpointText.parse(text);
        } catch (IOException e) {
            return null;
        } catch (RuntimeException | Error e) {
            return fail(e.getClass().getName() + " at " + text);
        }
    }

    @Test
    void whateverBitIsTurnedItIsRefusedOrTheSame() {
        byte[] bytes = CheckpointText.of(checkpoint()).getBytes(StandardCharsets.ISO_8859_1);
        String same = CheckpointText.of(checkpoint());
        int refused = 0;
        for (int bit = 0; bit < bytes.length * 8; bit++) {
            byte[] turned = bytes.clone();
            turned[bit / 8] ^= (byte) (1 << bit % 8);
            Checkpoint read = parsed(new String(turned, StandardCharsets.ISO_8859_1));
            if (read == null) {
                refused++;
            } else {
                assertThat(CheckpointText.of(read)).as("bit %s", bit).isEqualTo(same);
            }
        }
        assertThat(refused).isGreaterThan(bytes.length * 7);
    }

    @Test
    void whereverItIsCutOffItIsRefusedOrTheSame() {
        String whole = CheckpointText.of(checkpoint());
        for (int length = 0; length < whole.length(); length++) {
            Checkpoint read = parsed(whole.substring(0, length));
            if (read != null) {
                assertThat(CheckpointText.of(read)).as("length %s", length).isEqualTo(whole);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {Integer.MAX_VALUE, VerificationSettings.MOST_BUCKETS + 1, 0, -1})
    void moreBucketsThanThereCanBeAreRefusedBeforeTheyAreMade(int buckets) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(new DeflaterOutputStream(bytes))) {
            out.writeInt(0); // print
            out.writeLong(0);
            out.writeInt(0);
            out.writeLong(0);
            out.writeInt(1);
            out.writeInt(0); // splits
            out.writeLong(0);
            out.writeLong(0);
            out.writeInt(buckets);
        }
        String head = CheckpointText.of(checkpoint()).lines().findFirst().orElseThrow() + "\n";
        assertThat(parsed(head + Base64.getMimeEncoder().encodeToString(bytes.toByteArray())))
                .isNull();
    }

    @Test
    void whatUnpacksToFarMoreThanACheckpointIsRefused() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DeflaterOutputStream out = new DeflaterOutputStream(bytes)) {
            byte[] zeros = new byte[1 << 20];
            for (int i = 0; i < 160; i++) {
                out.write(zeros);
            }
        }
        String head = CheckpointText.of(checkpoint()).lines().findFirst().orElseThrow() + "\n";
        assertThat(parsed(head + Base64.getMimeEncoder().encodeToString(bytes.toByteArray())))
                .isNull();
    }
}

package io.github.dualwrite.dynamodb;

import static io.github.dualwrite.dynamodb.TestTable.applyOne;
import static io.github.dualwrite.dynamodb.TestTable.join;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dualwrite.PermanentStoreException;
import io.github.dualwrite.dynamodb.testsupport.DynamoDbServer;
import io.github.dualwrite.dynamodb.testsupport.TestQueue;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.MappingException;
import io.github.dualwrite.spi.VersionedRecord;
import io.github.dualwrite.testkit.Fuzz;
import io.github.dualwrite.testkit.HostileText;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;

/** Keys and values from everywhere come back as they were, or are refused with the attribute. */
@Timeout(120)
@Tag("DW-6")
class HostileItemsTest {

    record Part(String name, @Nullable Double size) {}

    record Parcel(
            String id,
            @Nullable String text,
            @Nullable Long number,
            @Nullable BigInteger big,
            @Nullable BigDecimal exact,
            @Nullable Double twice,
            @Nullable Instant at,
            @Nullable LocalDateTime local,
            @Nullable LocalDate day,
            List<@Nullable String> texts,
            Map<String, Part> parts) {}

    record Odd(String area, String id, @Nullable String text) {}

    record OddKey(String area, String id) {}

    private static final RecordItemMapping<String, Parcel> PARCELS =
            RecordItemMapping.of(Parcel.class).partitionKey("id").build(String.class);

    private static String text(Random random) {
        return random.nextInt(3) > 0 ? HostileText.storable(random, 6) : HostileText.any(random, 6);
    }

    private static Parcel random(Random random) {
        Map<String, Part> parts = new HashMap<>();
        List<@Nullable String> texts = new java.util.ArrayList<>();
        for (int i = random.nextInt(3); i > 0; i--) {
            parts.put(text(random), new Part(text(random), random.nextGaussian()));
            texts.add(random.nextBoolean() ? null : text(random));
        }
        LocalDateTime time = LocalDateTime.ofEpochSecond(
                (long) (random.nextGaussian() * 200_000_000_000L), random.nextInt(1_000_000_000), ZoneOffset.UTC);
        return new Parcel(
                text(random),
                random.nextInt(4) == 0 ? null : text(random),
                random.nextLong(),
                new BigInteger(random.nextInt(140), random).subtract(BigInteger.ONE.shiftLeft(60)),
                new BigDecimal(new BigInteger(random.nextInt(400), random), random.nextInt(400) - 200),
                Double.longBitsToDouble(random.nextLong()),
                time.toInstant(ZoneOffset.UTC),
                time,
                time.toLocalDate(),
                texts,
                parts);
    }

    @Test
    void everyRecordComesBackFromItsItemOrIsRefusedWithTheAttribute() {
        int[] outcomes = new int[2];
        Fuzz.cases(4000, random -> {
            Parcel parcel = random(random);
            Map<String, AttributeValue> item;
            try {
                item = PARCELS.item(parcel);
            } catch (MappingException e) {
                assertThat(e).hasMessageStartingWith("attribute ");
                outcomes[1]++;
                return;
            }
            assertThat(PARCELS.value(item)).isEqualTo(parcel);
            assertThat(PARCELS.key(parcel.id()).get("id")).isEqualTo(item.get("id"));
            outcomes[0]++;
        });
        assertThat(outcomes[0]).isPositive();
        assertThat(outcomes[1]).isPositive();
    }

    @Test
    void positionsAndKeyTextsOfDifferentKeysAreDifferent() {
        List<String> attributes = List.of("p|~=", "s");
        Map<String, Map<String, AttributeValue>> seen = new HashMap<>();
        Fuzz.cases(4000, random -> {
            Map<String, AttributeValue> key = Map.of("p|~=", part(random), "s", part(random));
            String position = PositionText.of(key, attributes);
            assertThat(PositionText.read(position, attributes)).isEqualTo(key);
            assertThat(position).doesNotContain("\0");
            // the key's types are the table's, so keys of other types never meet
            String text = key.get("p|~=").type() + "" + key.get("s").type() + KeyText.of(key, attributes);
            Map<String, AttributeValue> other = seen.putIfAbsent(text, key);
            assertThat(other == null || other.equals(key))
                    .as("%s and %s", key, other)
                    .isTrue();
            assertThat(KeyText.of(key, attributes).getBytes(StandardCharsets.UTF_8).length)
                    .isLessThanOrEqualTo(KeyText.MOST_BYTES);
        });
    }

    @Test
    void aPositionThatIsNoneIsRefusedAndEveryOtherIsReadAsWhatItSays() {
        int[] outcomes = new int[2];
        Fuzz.cases(2000, random -> {
            String text = HostileText.storable(random, 8);
            String position = random.nextBoolean()
                    ? text
                    : List.of("a=", "a=S:", "a=N:", "a=B:").get(random.nextInt(4)) + text;
            try {
                Map<String, AttributeValue> key = PositionText.read(position, List.of("a"));
                assertThat(key).containsOnlyKeys("a");
                String again = PositionText.of(key, List.of("a"));
                assertThat(PositionText.read(again, List.of("a"))).isEqualTo(key);
                outcomes[0]++;
            } catch (IllegalArgumentException e) {
                assertThat(e.getMessage()).isNotNull();
                outcomes[1]++;
            }
        });
        assertThat(outcomes[0]).as("read").isPositive();
        assertThat(outcomes[1]).as("refused").isPositive();
    }

    private static AttributeValue part(Random random) {
        return switch (random.nextInt(4)) {
            case 0 -> AttributeValue.fromN(Long.toString(random.nextInt(1000)));
            case 1 ->
                AttributeValue.fromB(SdkBytes.fromString(HostileText.storable(random, 3), StandardCharsets.UTF_8));
            default ->
                AttributeValue.fromS(
                        HostileText.storable(random, 3) + (random.nextInt(20) == 0 ? "\0".repeat(2000) : ""));
        };
    }

    @Test
    void randomKeysComeBackFromTheQueueAndFromBothRoles() {
        RecordItemMapping<OddKey, Odd> mapping = RecordItemMapping.of(Odd.class)
                .partitionKey("area")
                .sortKey("id")
                .build(OddKey.class);
        DynamoDbStore.Builder<OddKey, Odd> store = DynamoDbStore.builder(
                        DynamoDbServer.shared().client(),
                        DynamoDbServer.shared().createTable("area", ScalarAttributeType.S, "id", ScalarAttributeType.S),
                        mapping)
                .schema(TestQueue.install(1));
        Authority<OddKey, Odd> authority = AuthorityRig.open(store);
        Follower<OddKey, Odd> follower = TestTable.open(store.build());
        Map<OddKey, Odd> records = new HashMap<>();
        Fuzz.cases(40, random -> {
            Odd odd = new Odd(
                    "a" + HostileText.storable(random, 6),
                    (random.nextBoolean() ? "\0" : "") + HostileText.storable(random, 6) + "i",
                    HostileText.storable(random, 6));
            records.put(new OddKey(odd.area(), odd.id()), odd);
        });
        List<OddKey> keys = List.copyOf(records.keySet());
        assertThat(authority.saveAll(records.values()))
                .extracting(VersionedRecord::key)
                .containsExactlyInAnyOrderElementsOf(keys);
        assertThat(authority.readAll(keys)).isEqualTo(records);
        assertThat(authority.queue().pendingAmong(keys)).containsExactlyInAnyOrderElementsOf(keys);
        assertThat(authority.queue().pendingKeys(1000).orElseThrow()).containsExactlyInAnyOrderElementsOf(keys);
        authority.snapshot(keys).forEach(shot -> assertThat(shot.value()).isEqualTo(records.get(shot.key())));
        assertThat(join(follower.readAll(keys))).isEqualTo(records);
        join(follower.apply(keys.stream()
                .map(key -> new VersionedRecord<OddKey, Odd>(key, Long.MAX_VALUE, null))
                .toList()));
        assertThat(join(follower.readAll(keys))).isEmpty();
    }

    @Test
    void numbersHave38DigitsAndNoMore() {
        String digits = "9".repeat(38);
        Follower<String, Parcel> follower = follower();
        for (String number : List.of(digits, "-" + digits, "1" + "0".repeat(37))) {
            Parcel parcel = parcel("n", null, new BigInteger(number), null);
            assertThat(applyOne(follower, new VersionedRecord<>("n", version++, parcel))
                            .status())
                    .isEqualTo(ApplyResult.Status.APPLIED);
            assertThat(join(follower.read("n"))).contains(parcel);
        }
        refused(follower, parcel("m", null, new BigInteger(digits).add(BigInteger.ONE), null), "attribute big");
        BigDecimal exact = new BigDecimal(digits + digits + "." + digits + "0"); // as text, with any number of digits
        Parcel parcel = parcel("e", null, null, exact);
        assertThat(applyOne(follower, new VersionedRecord<>("e", version++, parcel))
                        .status())
                .isEqualTo(ApplyResult.Status.APPLIED);
        assertThat(join(follower.read("e"))).contains(parcel);
    }

    @Test
    void itemsHave400KilobytesAndNoMore() {
        Follower<String, Parcel> follower = follower();
        Parcel most = parcel("most", "x".repeat(409_000), null, null);
        assertThat(applyOne(follower, new VersionedRecord<>("most", 1, most)).status())
                .isEqualTo(ApplyResult.Status.APPLIED);
        assertThat(join(follower.read("most"))).contains(most);
        refused(follower, parcel("more", "x".repeat(410_000), null, null), "400 KB");
        refused(follower, parcel("mega", "é".repeat(1 << 20), null, null), "400 KB");
        refused(follower, parcel("k".repeat(1 << 20), "", null, null), "key kkk");
        refused(follower, parcel("", "", null, null), "attribute id is a key and must not be an empty string");

        Authority<String, Parcel> authority = AuthorityRig.open(DynamoDbStore.builder(
                        DynamoDbServer.shared().client(),
                        DynamoDbServer.shared().createTable("id", ScalarAttributeType.S),
                        PARCELS)
                .schema(TestQueue.install(1)));
        Map.of(
                        parcel("more", "x".repeat(410_000), null, null), "larger than the 400 KB",
                        parcel("k".repeat(3000), "", null, null), "of key kkk",
                        parcel("half \ud800", "", null, null), "attribute id holds half a surrogate pair",
                        parcel("", "", null, null), "attribute id is a key and must not be an empty string",
                        parcel("t", "\udc00", null, null), "attribute text holds half a surrogate pair")
                .forEach((parcel, why) -> assertThatThrownBy(() -> authority.save(parcel))
                        .isInstanceOf(PermanentStoreException.class)
                        .hasMessageContaining("repository 'customers'")
                        .hasMessageContaining(why)
                        .hasMessageNotContaining("xxxx")
                        .satisfies(
                                e -> assertThat(String.valueOf(e.getMessage()).length())
                                        .isLessThan(4500)));
        assertThatThrownBy(() -> authority.delete(""))
                .hasMessageContaining("repository 'customers'")
                .hasMessageContaining("attribute id");
        assertThat(authority.queue().statistics().depth()).isZero();
    }

    private static long version = 1;

    private static Follower<String, Parcel> follower() {
        return TestTable.open(DynamoDbStore.builder(
                        DynamoDbServer.shared().client(),
                        DynamoDbServer.shared().createTable("id", ScalarAttributeType.S),
                        PARCELS)
                .build());
    }

    private static Parcel parcel(
            String id, @Nullable String text, @Nullable BigInteger big, @Nullable BigDecimal exact) {
        return new Parcel(id, text, null, big, exact, null, null, null, null, List.of(), Map.of());
    }

    private static void refused(Follower<String, Parcel> follower, Parcel parcel, String why) {
        ApplyResult result = applyOne(follower, new VersionedRecord<>(parcel.id(), 1, parcel));
        assertThat(result.status()).as(why).isEqualTo(ApplyResult.Status.PERMANENT_FAILURE);
        assertThat(result.error()).contains(why).doesNotContain("xxxx", "éé");
    }
}

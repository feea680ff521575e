package io.github.dualwrite.examples.livemigration;

import io.github.dualwrite.Json;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;

/** Makes customers up, among them awkward ones. Repeatable by its random source; for one thread. */
final class CustomerGenerator {

    private static final List<String> NAMES =
            List.of("Ada", "Grace", "Đorđe", "Zoë", "李雷", "O'Hara", "Smith, \"Bob\"", "Åsa\\Berg", "🦊 Fox");
    private static final List<String> NOTES =
            List.of("", "calls back", "line one\nline two", "{not,an,array}", "\"quoted\"", "NULL", "  blanks  ", "\t");
    private static final List<String> TAGS =
            List.of("new", "vip", "a,b", "quo\"te", "back\\slash", "", "NULL", "größe", "{}");

    private static final Instant EPOCH = Instant.parse("2015-01-01T00:00:00Z");
    private static final LocalDate BIRTH = LocalDate.of(1920, 1, 1);

    private final SplittableRandom random;

    CustomerGenerator(SplittableRandom random) {
        this.random = random;
    }

    /** A customer who was not there before. */
    Customer fresh(UUID id, long revision) {
        return new Customer(
                id,
                pick(NAMES) + " " + random.nextInt(10_000),
                "c" + random.nextInt(1_000_000) + "@example.org",
                pick(List.of(Tier.values())),
                amount(),
                random.nextDouble(),
                random.nextInt(3) == 0 ? null : random.nextInt(100_000),
                random.nextBoolean(),
                instant(),
                random.nextBoolean() ? null : instant(),
                random.nextInt(4) == 0 ? null : BIRTH.plusDays(random.nextInt(36_000)),
                preferences(),
                tags(),
                random.nextBoolean() ? null : pick(NOTES),
                revision);
    }

    /** The same customer after something happened. */
    Customer changed(Customer old, long revision) {
        Customer other = fresh(old.id(), revision);
        boolean moved = random.nextBoolean();
        return new Customer(
                old.id(),
                old.name(),
                moved ? other.email() : old.email(),
                other.tier(),
                other.balance(),
                other.score(),
                other.loyaltyPoints(),
                old.newsletter(),
                old.createdAt(),
                other.lastOrderAt(),
                old.birthDate(),
                moved ? other.preferences() : old.preferences(),
                moved ? old.tags() : other.tags(),
                other.note(),
                revision);
    }

    private <T> T pick(List<T> from) {
        return from.get(random.nextInt(from.size()));
    }

    private BigDecimal amount() {
        return BigDecimal.valueOf(random.nextLong(-100_000, 10_000_000), 2);
    }

    private Instant instant() {
        return EPOCH.plus(random.nextLong(350_000_000_000_000L), ChronoUnit.MICROS);
    }

    private Json preferences() {
        return new Json("{\"theme\":\"" + (random.nextBoolean() ? "dark" : "light") + "\",  \"limit\":"
                + random.nextInt(1000) + ".50, \"languages\":[\"de\",\"日本語\"], \"a\":null}");
    }

    private List<String> tags() {
        List<String> tags = new ArrayList<>();
        for (int i = random.nextInt(5); i > 0; i--) {
            tags.add(pick(TAGS));
        }
        return List.copyOf(tags);
    }
}

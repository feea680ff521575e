package io.github.dualwrite.examples.livemigration;

import io.github.dualwrite.Json;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What is migrated.
 *
 * @param revision counted up by whoever owns the record, so that a check can tell its states apart
 */
record Customer(
        UUID id,
        String name,
        String email,
        Tier tier,
        BigDecimal balance,
        double score,
        @Nullable Integer loyaltyPoints,
        boolean newsletter,
        Instant createdAt,
        @Nullable Instant lastOrderAt,
        @Nullable LocalDate birthDate,
        Json preferences,
        List<String> tags,
        @Nullable String note,
        long revision) {}

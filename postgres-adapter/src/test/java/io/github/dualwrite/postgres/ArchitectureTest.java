package io.github.dualwrite.postgres;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** An adapter sees the root package and the SPI. */
class ArchitectureTest {

    @Test
    void theAdapterDoesNotReachIntoCore() {
        noClasses()
                .that()
                .resideInAPackage("io.github.dualwrite.postgres..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.github.dualwrite.internal..",
                        "io.github.dualwrite.reconcile..",
                        "io.github.dualwrite.routing..",
                        "io.github.dualwrite.memory..")
                .check(new ClassFileImporter()
                        .withImportOption(new ImportOption.DoNotIncludeTests())
                        .importPackages("io.github.dualwrite.postgres"));
    }
}

extension Result {
    static func from(_ body: () throws(Failure) -> Success) -> Result {
        do throws(Failure) {
            return .success(try body())
        } catch {
            return .failure(error)
        }
    }

    static func catching(_ body: () async throws(Failure) -> Success) async -> Result {
        do throws(Failure) {
            return .success(try await body())
        } catch {
            return .failure(error)
        }
    }
}

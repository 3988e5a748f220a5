# Part of the guest scripts; bootmend/guest/commands.py puts it where `# include attached_disk.ps1` stands.
# The disk at a LUN.

function Find-Disk {
    # LUNs are numbered per controller: on a Gen2 repair VM its own OS disk and temporary disk have LUNs 0 and 1 as well.
    param([int] $Lun)
    $deadline = (Get-Date).AddSeconds($WaitSeconds)
    while ($true) {
        Update-HostStorageCache
        $found = @(Get-CimInstance -ClassName Win32_DiskDrive |
            Where-Object { $_.SCSILogicalUnit -eq $Lun } |
            ForEach-Object { Get-Disk -Number $_.Index } |
            Where-Object { -not $_.IsBoot -and -not $_.IsSystem -and -not (Test-TemporaryDisk $_.Number) })
        if ($found.Count -gt 1) {
            throw "more than one disk answers at LUN $Lun"
        }
        if ($found.Count -eq 1) {
            return $found[0]
        }
        if ((Get-Date) -gt $deadline) {
            return $null
        }
        Start-Sleep -Seconds 3
    }
}

function Get-Identity {
    # The MBR signature as 8 hex digits, or the GPT disk GUID; nothing for a disk without partitions.
    param($Disk)
    $style = [string] $Disk.PartitionStyle
    if ($style -eq 'MBR') {
        return '{0:x8}' -f [uint32] $Disk.Signature
    }
    if ($style -eq 'GPT') {
        return ([string] $Disk.Guid).Trim('{', '}').ToLowerInvariant()
    }
    return $null
}

function Get-OfflineReason {
    param($Disk)
    $names = @{
        '1' = 'Policy'
        '2' = 'RedundantPath'
        '3' = 'Snapshot'
        '4' = 'Collision'
        '5' = 'ResourceExhaustion'
        '6' = 'CriticalWriteFailures'
        '7' = 'DataIntegrityScanRequired'
    }
    if (-not $Disk.IsOffline) {
        return $null
    }
    $reason = [string] $Disk.OfflineReason
    if ($names.ContainsKey($reason)) {
        return $names[$reason]
    }
    if ($reason -eq '') {
        return 'Unknown'
    }
    return $reason
}

function Test-TemporaryDisk {
    param([int] $Number)
    $labels = @(Get-Partition -DiskNumber $Number -ErrorAction SilentlyContinue |
        Get-Volume -ErrorAction SilentlyContinue |
        ForEach-Object { $_.FileSystemLabel })
    return $labels -contains 'Temporary Storage'
}

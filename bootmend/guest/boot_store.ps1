# Part of the guest scripts; bootmend/guest/commands.py puts it where `# include boot_store.ps1` stands.
# The BCD, read as the registry hive that it is: bcdedit speaks the language of the repair VM.

$BootManager = '{9dea862c-5cdd-4e70-acc1-f32b344d4795}'
$EmsSettings = '{0ce4991b-e6b3-4b16-b23c-5e0d9250e5d9}'
$LoaderType = 0x10200003

function Find-Partition {
    # A BCD device, or a MountedDevices value, holds the partition's GUID, or the disk's signature and the offset.
    param([byte[]] $Bytes)
    if ($null -eq $Bytes) {
        return $null
    }
    $text = [System.BitConverter]::ToString($Bytes)
    foreach ($partition in $script:Partitions) {
        if ($script:Style -eq 'GPT') {
            $id = [System.BitConverter]::ToString(([guid] [string] $partition.Guid).ToByteArray())
            if ($text.Contains($id)) {
                return [int] $partition.PartitionNumber
            }
        }
        else {
            $offset = [System.BitConverter]::ToString([System.BitConverter]::GetBytes([uint64] $partition.Offset))
            if ($text.Contains($script:Signature) -and $text.Contains($offset)) {
                return [int] $partition.PartitionNumber
            }
        }
    }
    return $null
}

function Get-Element {
    param([string] $Object, [string] $Element)
    return , (Get-RegistryValue "$StoreName\Objects\$Object\Elements\$Element" 'Element')
}

function Get-ElementNumber {
    param([string] $Object, [string] $Element)
    $bytes = [byte[]] (Get-Element $Object $Element)
    if ($null -eq $bytes -or $bytes.Length -lt 8) {
        return $null
    }
    return [long] [System.BitConverter]::ToUInt64($bytes, 0)
}

function Get-LoaderFact {
    # Elements: 11000001 device, 12000002 path, 21000001 osdevice, 22000002 systemroot, 260000b0 ems.
    param([string] $Object)
    $device = Find-Partition ([byte[]] (Get-Element $Object '11000001'))
    $path = [string] (Get-Element $Object '12000002')
    $ems = [byte[]] (Get-Element $Object '260000b0')
    $letter = $null
    if ($null -ne $device) {
        $letter = $script:Letters[[string] $device]
    }
    $exists = $false
    if ($letter -and $path) {
        $exists = Test-Path -LiteralPath "${letter}:$path" -PathType Leaf
    }
    $on = $null
    if ($null -ne $ems -and $ems.Length -gt 0) {
        $on = $ems[0] -ne 0
    }
    return [ordered] @{
        id = $Object.ToLowerInvariant()
        path = $path
        path_exists = $exists
        device_partition = $device
        osdevice_partition = Find-Partition ([byte[]] (Get-Element $Object '21000001'))
        systemroot = [string] (Get-Element $Object '22000002')
        ems = $on
    }
}

function Get-BootStoreFact {
    # The EFI partition of this disk (GPT), or its active one (MBR).
    param($Volumes)
    $role = 'active'
    $below = '\Boot\BCD'
    if ($script:Style -eq 'GPT') {
        $role = 'efi'
        $below = '\EFI\Microsoft\Boot\BCD'
    }
    foreach ($volume in @($Volumes | Where-Object { $_.role -eq $role })) {
        $letter = $script:Letters[[string] $volume.partition]
        if (-not $letter -or -not (Test-Path -LiteralPath "${letter}:$below")) {
            continue
        }
        $fact = [ordered] @{
            partition = $volume.partition
            path = $below
            readable = Open-Hive "${letter}:$below" $StoreName
            default = $null
            loaders = @()
            ems_port = $null
            ems_baudrate = $null
        }
        if ($fact.readable) {
            $default = [string] (Get-Element $BootManager '23000003')
            if ($default) {
                $fact.default = $default.ToLowerInvariant()
            }
            $loaders = @(Get-SubKeyName "$StoreName\Objects" |
                Where-Object { (Get-RegistryValue "$StoreName\Objects\$_\Description" 'Type') -eq $LoaderType })
            $fact.loaders = @($loaders | ForEach-Object { Get-LoaderFact $_ })
            $fact.ems_port = Get-ElementNumber $EmsSettings '15000022'
            $fact.ems_baudrate = Get-ElementNumber $EmsSettings '15000023'
            Close-Hive $StoreName
        }
        return $fact
    }
    return $null
}
